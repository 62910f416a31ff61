"""The built-in domains as meshes with named boundaries: one function each, from divisions and lengths.

Names follow from the construction, by where a facet's midpoint lies; so they hold on every refinement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from skfem import Mesh, MeshHex, MeshQuad, MeshTet, MeshTri

from models.base import Array
from models.fem.domain.channel import bent, channel

MESHES: Mapping[str, type[Mesh]] = {
    "triangle": MeshTri,
    "quadrilateral": MeshQuad,
    "tetrahedron": MeshTet,
    "hexahedron": MeshHex,
}
SIDES = (("left", "right"), ("bottom", "top")), (("left", "right"), ("front", "back"), ("bottom", "top"))


def brick(kind: str, divisions: Array, lengths: Array | None) -> Mesh:
    """A rectangle or a box with one corner at the origin."""
    sides = np.ones(len(divisions)) if lengths is None else lengths
    axes = [np.linspace(0.0, length, count + 1) for length, count in zip(sides, divisions, strict=True)]
    names = SIDES[len(divisions) - 2]
    named = {}
    for axis, (low, high) in enumerate(names):
        named[low] = partial(_at, axis, 0.0, sides)
        named[high] = partial(_at, axis, sides[axis], sides)
    return MESHES[kind].init_tensor(*axes).with_boundaries(named)


def l_shape(kind: str, divisions: Array, lengths: Array | None) -> Mesh:
    """(-1, 1)² without [0, 1) × (-1, 0]; the re-entrant corner is the origin."""
    ticks = np.linspace(-1.0, 1.0, 2 * int(divisions[0]) + 1)
    square = MESHES[kind].init_tensor(ticks, ticks)
    middle = square.p[:, square.t].mean(axis=1)
    mesh = square.remove_elements(np.flatnonzero((middle[0] > 0) & (middle[1] < 0)))
    return mesh.with_boundaries({"reentrant": _reentrant, "outer": lambda x: ~_reentrant(x)})


def annulus(kind: str, divisions: Array, lengths: Array | None) -> Mesh:
    """A ring around the origin; its first ray lies on the positive x axis."""
    inner, outer = (1.0, 2.0) if lengths is None else lengths
    radial, around = (int(count) for count in divisions)
    strip = MESHES[kind].init_tensor(np.linspace(inner, outer, radial + 1), np.arange(around + 1.0))
    radius, turn = strip.p
    angle = 2 * np.pi * (turn % around) / around
    places = np.stack((radius * np.cos(angle), radius * np.sin(angle)))
    # The last ray is the first one: nodes are numbered by ray, then by radius.
    order = np.round((radius - inner) / (outer - inner) * radial).astype(np.int64) + (radial + 1) * (
        turn.astype(np.int64) % around
    )
    nodes = np.empty((2, (radial + 1) * around))
    nodes[:, order] = places
    mesh = MESHES[kind](nodes, order[strip.t].astype(strip.t.dtype))
    between = ((inner + outer) / 2) ** 2
    return mesh.with_boundaries(
        {"inner": lambda x: np.sum(x**2, axis=0) < between, "outer": lambda x: np.sum(x**2, axis=0) > between}
    )


SHAPES: Mapping[str, Callable[[str, Array, Array | None], Mesh]] = {
    "square": brick,
    "cube": brick,
    "l_shape": l_shape,
    "annulus": annulus,
    "channel": lambda kind, divisions, lengths: channel(MESHES[kind], divisions, lengths),
}

# Shapes whose cells follow a curve where the element is of degree 2.
CURVED: Mapping[str, Callable[[Mesh, Array | None], Mesh]] = {"channel": bent}


def _at(axis: int, place: float, sides: Array, x: Array) -> Array:
    return np.asarray(np.abs(x[axis] - place) < 1e-9 * sides[axis])


def _reentrant(x: Array) -> Array:
    """Which facets' midpoints (2, n) lie on the two sides that meet in the re-entrant corner."""
    tiny = 1e-9
    on_x_axis = (np.abs(x[1]) < tiny) & (x[0] > 0) & (x[0] < 1)
    on_y_axis = (np.abs(x[0]) < tiny) & (x[1] < 0) & (x[1] > -1)
    return np.asarray(on_x_axis | on_y_axis)
