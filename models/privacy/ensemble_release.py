"""What is public of the mechanism of models on disjoint shards, and what an answer costs: see `aggregate`.

The router prices by the `Release` that the task's module declares, the replica acts by the one that the data's owner
wrote into the manifest; where the two disagree, nothing is answered.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.privacy.aggregate import Grid
from models.privacy.events import Event
from models.privacy.kinds import DiscreteGaussian
from models.privacy.neighbours import Adjacency, Unit

MOST_STEPS = 2**26  # sums of squares over the sensors stay exact in int64


@dataclass(frozen=True)
class Release:
    """`radius` is the ℓ₂ norm to which one shard's answer is clipped, in the answer's units; `steps` of the grid.

    Every unit is in one shard and moves its answer by at most twice the radius, present or absent, whatever it says.
    """

    shards: int
    radius: float
    steps: int = 2**16  # rounding is then 1e-5 of the radius: nothing beside noise
    unit: Unit = Unit.CLIENT
    adjacency: Adjacency = Adjacency.ADD_REMOVE  # also holds, at four times the cost, in an account for replacements

    def __post_init__(self) -> None:
        if self.shards < 1:
            raise ValueError(f"shards is {self.shards}, below 1")
        if not 1 <= self.steps <= MOST_STEPS:
            raise ValueError(f"steps is {self.steps}, not between 1 and {MOST_STEPS}")
        if not 1e-100 < self.radius < 1e100:
            raise ValueError(f"radius is {self.radius}, not between 1e-100 and 1e100")

    @property
    def grid(self) -> Grid:
        return Grid(self.radius / self.steps, self.steps)

    def variance(self, noise_multiplier: float) -> float:
        """Of the sum over shards, in squares of the grid's steps; the multiplier is σ over the sensitivity."""
        deviation = noise_multiplier * 2 * self.steps
        return deviation * deviation  # the same bits on every machine, which a power need not have

    def event(self, noise_multiplier: float) -> Event:
        """Of one answer; ρ = 1/(2 multiplier²)."""
        mechanism = DiscreteGaussian(4 * self.steps**2, self.variance(noise_multiplier))
        return Event(mechanism, self.unit, self.adjacency)

    def deviation(self, noise_multiplier: float) -> float:
        """Of the noise on each coordinate of the mean, in the answer's units."""
        return math.sqrt(self.variance(noise_multiplier)) * self.grid.spacing / self.shards
