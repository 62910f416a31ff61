"""The few numbers of an answer that are released: how it departs from a public answer, in shapes that the public knows.

Noise comes in each number that leaves, in proportion to the norm of all. Released point by point, a field of 289 values
would carry 17 times the noise of one number; in 16 shapes it is 4 times, and what no shape holds stays as in the public
answer. Shapes must not have been learnt from the records: sines, or modes of public errors.
"""

from __future__ import annotations

from dataclasses import dataclass

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
