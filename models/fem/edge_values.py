"""Values on edges as a task gives them, constant, linear or quadratic and in either direction, in one form; and back.

The one form is a quadratic by its values at the low node, the high node and the midpoint.
"""

from __future__ import annotations

import numpy as np

from models.base import Array


def runs_backwards(edges: Array) -> Array:
    """(n,) bool: the pairs of nodes (n, 2) that name the high node first."""
    return np.asarray(edges[:, 0] > edges[:, 1])


def as_quadratic(values: Array, backwards: Array) -> Array:
    """(n, 3) at low node, high node and midpoint, of (n, 1 to 3) values at first node, second node and midpoint."""
    if values.shape[1] == 1:
        return np.repeat(values, 3, axis=1)
    middle = values[:, 2:] if values.shape[1] == 3 else values.mean(axis=1, keepdims=True)
    ends = np.where(backwards[:, None], values[:, 1::-1], values[:, :2])
    return np.hstack((ends, middle))


def as_quadratic_transposed(quadratic: Array, backwards: Array, size: int) -> Array:
    """(n, size): the transpose of `as_quadratic` for values (n, size), of (n, 3)."""
    if size == 1:
        return np.asarray(quadratic.sum(axis=1, keepdims=True))
    ends = np.where(backwards[:, None], quadratic[:, 1::-1], quadratic[:, :2])
    middle = quadratic[:, 2:]
    return np.hstack((ends, middle)) if size == 3 else ends + middle / 2
