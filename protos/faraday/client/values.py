"""How a caller says data: as numbers, arrays or functions of the coordinates, at the places where their values live."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from faraday.client.mesh import Mesh, Predicate
from faraday.client.tensors import Array

# A function takes coordinates x (n,) and y (n,), in space also z (n,).
Values = float | npt.ArrayLike | Callable[..., npt.ArrayLike]


def one_or_many(values: Values, places: Array) -> Array:
    """(1,) for a number, else (places,)."""
    if callable(values):
        return many(values, places)
    return np.atleast_1d(np.asarray(values, dtype=np.float64))


def many(values: Values, places: Array) -> Array:
    """(places,)"""
    made = values(*places.T) if callable(values) else values
    return np.broadcast_to(np.asarray(made, dtype=np.float64), len(places))


def vectors(values: Values, places: Array) -> Array:
    """(1, axes) for one vector, else (places, axes). A function returns one component for each axis."""
    axes = places.shape[1]
    if callable(values):
        components = values(*places.T)
        return np.stack([many(each, places) for each in _of(components, axes)], axis=1)
    made = np.asarray(values, dtype=np.float64)
    return made.reshape(1, -1) if made.ndim == 1 else made


def _of(components: npt.ArrayLike, axes: int) -> Sequence[Values]:
    listed: list[Values] = list(components)  # type: ignore[arg-type]  # a component for each axis, numbers among them
    if len(listed) != axes:
        raise ValueError(f"a function gives {len(listed)} components; {axes} are needed")
    return listed


def points_of(mesh: Mesh, where: npt.ArrayLike | Predicate, degree: int, what: str) -> Array:
    """Point numbers, or the boundary's where a predicate holds. ValueError where there are none."""
    points = mesh.boundary(degree, where) if callable(where) else np.asarray(where)
    if points.size == 0:
        raise ValueError(f"{what} holds at no point of the boundary; widen its predicate, or leave it out")
    return points


def facets_of(mesh: Mesh, where: npt.ArrayLike | Predicate, what: str) -> Array:
    """Edges or faces by their nodes, or the boundary's where a predicate holds. ValueError where there are none."""
    facets = mesh.boundary_facets(where) if callable(where) else np.asarray(where)
    if facets.size == 0:
        kind = "edge" if mesh.nodes.shape[1] == 2 else "face"
        raise ValueError(f"{what} holds on no {kind} of the boundary; widen its predicate, or leave it out")
    return facets


def everywhere(*coordinates: Array) -> Array:
    return np.ones(len(coordinates[0]), dtype=bool)
