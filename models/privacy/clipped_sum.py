"""The Gaussian mechanism on the sum of one vector per unit."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.privacy.clipping import clipped
from models.privacy.draws import Draws
from models.privacy.events import Event
from models.privacy.kinds import DiscreteGaussian
from models.privacy.neighbours import Adjacency, Unit
from models.privacy.noise import with_noise


def clipped_sum(
    rows: Array, norm: int, variance: float, unit: Unit, adjacency: Adjacency, draws: Draws
) -> tuple[Array, Event]:
    """(width,) int64: the sum of `rows` (units, width), whole numbers, each clipped to ℓ₂ norm `norm`, plus noise.

    A row is *all* that one unit contributes. `variance` is in the square of the rows' own units.
    """
    # Two rows of a replacement may point in opposite directions.
    squared_sensitivity = norm**2 if adjacency is Adjacency.ADD_REMOVE else 4 * norm**2
    event = Event(DiscreteGaussian(squared_sensitivity, variance), unit, adjacency)
    return with_noise(total(rows, norm), variance, draws), event


def total(rows: Array, norm: int) -> Array:
    """The sum before noise: never to be released."""
    return np.asarray(clipped(rows, norm).sum(axis=0, dtype=np.int64))
