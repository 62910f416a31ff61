"""Lagrange elements on the triangle: their points and shape functions, in barycentric coordinates (λ0, λ1, λ2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.base import Array


@dataclass(frozen=True, eq=False)
class Element:
    """Shape function i is 1 at point i and 0 at the other points."""

    name: str
    degree: int
    points: Array  # (count, 3) barycentric
    shapes: Callable[[Array], Array]  # (..., 3) -> (..., count)
    derivatives: Callable[[Array], Array]  # (..., 3) -> (..., count, 3): ∂(shape i)/∂λ_j


def _p1_shapes(barycentric: Array) -> Array:
    return barycentric


def _p1_derivatives(barycentric: Array) -> Array:
    return np.broadcast_to(np.eye(3), (*barycentric.shape, 3))


def _p2_shapes(barycentric: Array) -> Array:
    following = np.roll(barycentric, -1, axis=-1)
    return np.concatenate((barycentric * (2 * barycentric - 1), 4 * barycentric * following), axis=-1)


def _p2_derivatives(barycentric: Array) -> Array:
    a, b, c = (barycentric[..., i] for i in range(3))
    zero = np.zeros_like(a)
    rows = (
        (4 * a - 1, zero, zero),
        (zero, 4 * b - 1, zero),
        (zero, zero, 4 * c - 1),
        (4 * b, 4 * a, zero),
        (zero, 4 * c, 4 * b),
        (4 * c, zero, 4 * a),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


_CORNERS = np.eye(3)
_MIDPOINTS = (_CORNERS + np.roll(_CORNERS, -1, axis=0)) / 2

P1 = Element("P1", 1, _CORNERS, _p1_shapes, _p1_derivatives)
P2 = Element("P2", 2, np.vstack((_CORNERS, _MIDPOINTS)), _p2_shapes, _p2_derivatives)

ELEMENTS = {element.degree: element for element in (P1, P2)}
