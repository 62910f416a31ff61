"""The few numbers of an answer that are released: its coefficients in shapes that the public knows.

Noise comes in each number that leaves, in proportion to the norm of all. Released point by point, a smooth field of
484 values would carry 22 times the noise of one number; in 16 shapes it is 4 times, and all between is set to the
reference. Reference and shapes must not have been learnt from the records: sines, or modes of public simulations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array


@dataclass(frozen=True, eq=False)
class Modes:
    """`shapes` (points, modes) are orthonormal in the mean over points, so that a norm of coefficients is a root mean
    square over the domain; `reference` (points,) is what is said of every function before any record."""

    reference: Array
    shapes: Array

    def __post_init__(self) -> None:
        """Raises ValueError."""
        gram = self.shapes.T @ self.shapes / len(self.shapes)
        if not np.allclose(gram, np.eye(self.shapes.shape[1]), rtol=0, atol=1e-6):
            raise ValueError("the shapes are not orthonormal in the mean over points")

    def coefficients(self, answers: Array) -> Array:
        """(answers, modes) of (answers, points); of what is not finite nothing is said yet: `Grid` moves it inside."""
        with np.errstate(all="ignore"):
            return np.asarray((answers - self.reference) @ self.shapes / len(self.reference))

    def field(self, coefficients: Array) -> Array:
        """(points,)"""
        return np.asarray(self.reference + self.shapes @ coefficients)


def leading(fields: Array, count: int) -> Modes:
    """The mean and the `count` leading modes of public fields (fields, points), by singular values."""
    mean = fields.mean(axis=0)
    rows = np.linalg.svd(fields - mean, full_matrices=False)[2]
    return Modes(mean, rows[:count].T * np.sqrt(fields.shape[1]))
