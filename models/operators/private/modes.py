"""The few numbers of an answer that are released: how it departs from a public answer, in shapes that the public knows.

Noise comes in each number that leaves, in proportion to the norm of all. Released point by point, a field of 289 values
would carry 17 times the noise of one number; in 16 shapes it is 4 times, and what no shape holds stays as in the public
answer. Shapes must not have been learnt from the records: sines, or modes of public errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from models.base import Array


@dataclass(frozen=True, eq=False)
class Modes:
    """`shapes` (points, modes) are orthonormal in the mean over points, so that a norm of coefficients is a root mean
    square over the domain."""

    shapes: Array

    def __post_init__(self) -> None:
        """Raises ValueError."""
        gram = self.shapes.T @ self.shapes / len(self.shapes)
        if not np.allclose(gram, np.eye(self.shapes.shape[1]), rtol=0, atol=1e-6):
            raise ValueError("the shapes are not orthonormal in the mean over points")

    def coefficients(self, departures: Array) -> Array:
        """(answers, modes) of (answers, points); what is not finite is left to `Grid`, which moves it inside."""
        with np.errstate(all="ignore"):
            return np.asarray(departures @ self.shapes / len(self.shapes))

    def field(self, coefficients: Array) -> Array:
        """(points,)"""
        return np.asarray(self.shapes @ coefficients)


def leading(departures: Array, count: int) -> Modes:
    """The `count` leading modes of public departures (fields, points), by singular values."""
    rows = np.linalg.svd(departures, full_matrices=False)[2]
    return Modes(rows[:count].T * np.sqrt(departures.shape[1]))


@lru_cache(64)
def sines(side: int, count: int) -> Modes:
    """The `count` slowest sin(iπx) sin(jπy) on side² nodes of the unit square, fields that are 0 on its boundary.

    Their sums over the nodes are those of orthogonal functions to the last wave that the grid holds.
    """
    axis = np.linspace(0.0, 1.0, side)
    waves = sorted(product(range(1, count + 1), repeat=2), key=lambda wave: (wave[0] ** 2 + wave[1] ** 2, wave))
    shapes = [np.outer(np.sin(np.pi * i * axis), np.sin(np.pi * j * axis)).ravel() for i, j in waves[:count]]
    return Modes(np.stack(shapes, axis=1) * (2 * side / (side - 1)))
