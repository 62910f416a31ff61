"""Lagrange elements on simplices: their points and shape functions, in barycentric coordinates (λ0, …, λd).

The points are the corners; for degree 2 then the midpoints of the edges in the order of EDGES.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.base import Array

# By dimension: the edges of the segment, the triangle and the tetrahedron as pairs of corners (VTK has the same order).
EDGES = {
    1: ((0, 1),),
    2: ((0, 1), (1, 2), (2, 0)),
    3: ((0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)),
}


@dataclass(frozen=True, eq=False)
class Element:
    """Shape function i is 1 at point i and 0 at the other points."""

    name: str
    degree: int
    points: Array  # (count, d + 1) barycentric
    shapes: Callable[[Array], Array]  # (..., d + 1) -> (..., count)
    derivatives: Callable[[Array], Array]  # (..., d + 1) -> (..., count, d + 1): ∂(shape i)/∂λ_j


def _linear(dimension: int) -> Element:
    corners = np.eye(dimension + 1)

    def shapes(barycentric: Array) -> Array:
        return barycentric

    def derivatives(barycentric: Array) -> Array:
        return np.broadcast_to(corners, (*barycentric.shape, dimension + 1))

    return Element("P1", 1, corners, shapes, derivatives)


def _quadratic(dimension: int) -> Element:
    corners = np.eye(dimension + 1)
    first, second = np.array(EDGES[dimension]).T

    def shapes(barycentric: Array) -> Array:
        bubbles = 4 * barycentric[..., first] * barycentric[..., second]
        return np.concatenate((barycentric * (2 * barycentric - 1), bubbles), axis=-1)

    def derivatives(barycentric: Array) -> Array:
        at_corners = (4 * barycentric - 1)[..., None] * corners
        at_edges = 4 * (
            barycentric[..., first, None] * corners[second] + barycentric[..., second, None] * corners[first]
        )
        return np.concatenate((at_corners, at_edges), axis=-2)

    return Element("P2", 2, np.vstack((corners, (corners[first] + corners[second]) / 2)), shapes, derivatives)


# By dimension, then by degree.
LAGRANGE = {d: {element.degree: element for element in (_linear(d), _quadratic(d))} for d in EDGES}

ELEMENTS = LAGRANGE[2]
P1, P2 = ELEMENTS[1], ELEMENTS[2]
