"""Sample and aggregate: the noisy mean of models that were trained on disjoint shards of the units.

Nissim, Raskhodnikova & Smith 2007 (STOC); with Gaussian noise on votes Papernot et al. 2018 (arXiv 1802.08908).
Whatever a model does with its shard, a unit is in one shard and moves one answer, and that within a ball. So the price
does not depend on the model, which may be an operator for a partial differential equation.

Conditions: shards are disjoint in units; which shard a unit is in does not depend on anyone's data and is not changed
by a replacement; one shard's model has seen nothing of another shard; the number of shards is public.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.privacy.clipped_sum import total
from models.privacy.draws import Draws
from models.privacy.events import Event
from models.privacy.kinds import DiscreteGaussian
from models.privacy.neighbours import Adjacency, Unit
from models.privacy.noise import with_noise


@dataclass(frozen=True)
class Grid:
    """Answers are rounded towards zero to multiples of `spacing` and clipped to ℓ₂ norm `norm` × `spacing`."""

    spacing: float
    norm: int

    def __post_init__(self) -> None:
        if not 1e-300 < self.spacing < 1e300:
            raise ValueError(f"spacing is {self.spacing}, not between 1e-300 and 1e300")

    def places(self, answers: Array) -> Array:
        """int64. What is not finite or far outside is moved inside, never refused: a refusal would tell."""
        limit = float(self.norm)
        with np.errstate(over="ignore", invalid="ignore"):
            places = np.clip(
                np.nan_to_num(np.trunc(answers / self.spacing), posinf=limit, neginf=-limit), -limit, limit
            )
        return np.asarray(places.astype(np.int64))


def private_mean(
    answers: Array, grid: Grid, variance: float, unit: Unit, adjacency: Adjacency, draws: Draws
) -> tuple[Array, Event]:
    """(width,) float64: the mean of `answers` (shards, width) on the grid, plus noise.

    `variance` is of the *sum*, in squares of the grid's spacing: the mean's deviation is √variance × spacing / shards.
    A unit's presence and its data move one answer from anywhere to anywhere in the ball, so both relations cost alike.
    """
    if len(answers) == 0:
        raise ValueError("there is no shard")
    event = Event(DiscreteGaussian(4 * grid.norm**2, variance), unit, adjacency)
    noisy = with_noise(total(grid.places(answers), grid.norm), variance, draws)
    return noisy * (grid.spacing / len(answers)), event
