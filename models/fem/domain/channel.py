"""A channel with a cylinder in it: a ring of cells around the cylinder, and a straight grid behind.

The ring is mapped from the circle to the box (0, 2 cx) × (0, height), along rays from points spread evenly over the
box's sides to points of the circle in the same direction; cells grow along them geometrically, so that those at the
cylinder are about as deep as they are wide. The grid behind the box has columns that grow towards the outlet.

For degree 2 cells are curved: midpoints of the cylinder's edges lie on the circle (isoparametric elements). With
straight edges its area is too small by 1 - sin(a)/a for edges that span an angle a, and the drag by about as much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from skfem import Mesh, MeshQuad, MeshQuad2, MeshTri, MeshTri2

from models.base import Array

# Schäfer & Turek 1996: length, height, the cylinder's centre and its radius, in metres.
DFG = (2.2, 0.41, 0.2, 0.2, 0.05)

_CURVED: Mapping[type[Mesh], type[Mesh]] = {MeshTri: MeshTri2, MeshQuad: MeshQuad2}


def channel(kind: type[Mesh], divisions: Array, lengths: Array | None) -> Mesh:
    """Divisions are (along each side of the box, from cylinder to box, from box to outlet)."""
    length, height, x, y, radius = DFG if lengths is None else lengths.tolist()
    side, deep, behind = (int(count) for count in divisions)
    ring = _ring(kind, np.array((x, y)), radius, (2 * x, height), (side, deep))
    columns = 2 * x + (length - 2 * x) * _graded(behind, 2 * x / side / (length - 2 * x))
    grid = kind.init_tensor(columns, np.linspace(0.0, height, side + 1))
    mesh = _joined(ring, grid, deep + (deep + 1) * np.arange(side, 2 * side + 1))
    tiny = 1e-9 * length

    return mesh.with_boundaries(
        {
            "inlet": lambda at: np.abs(at[0]) < tiny,
            "outlet": lambda at: np.abs(at[0] - length) < tiny,
            "walls": lambda at: (np.abs(at[1]) < tiny) | (np.abs(at[1] - height) < tiny),
            "cylinder": lambda at: np.hypot(at[0] - x, at[1] - y) < (1 + 1e-9) * radius,
        }
    )


def bent(mesh: Mesh, lengths: Array | None) -> Mesh:
    """The same with second-order cells, the midpoints of whose edges on the cylinder are moved onto the circle."""
    _, _, x, y, radius = DFG if lengths is None else lengths.tolist()
    centre = np.array([[x], [y]])
    curved = _CURVED[type(mesh)].from_mesh(mesh)
    on_circle = np.unique(curved.dofs.get_facet_dofs(mesh.boundaries["cylinder"]).flatten())
    away = curved.doflocs[:, on_circle] - centre
    places = curved.doflocs.copy()
    places[:, on_circle] = centre + radius * away / np.hypot(*away)
    return replace(curved, doflocs=places).with_boundaries(mesh.boundaries)


def _ring(kind: type[Mesh], centre: Array, radius: float, box: tuple[float, float], divisions: tuple[int, int]) -> Mesh:
    side, deep = divisions
    outer = np.array(box)[:, None] * _square(side)
    away = outer - centre[:, None]
    distance = np.hypot(*away)
    inner = centre[:, None] + radius * away / distance
    first = 2 * np.pi * radius / (4 * side) / (distance.mean() - radius)
    along = _graded(deep, first)
    strip = kind.init_tensor(np.arange(deep + 1.0), np.arange(4 * side + 1.0))
    step, turn = strip.p.astype(np.int64)
    turn %= 4 * side  # the last ray is the first
    places = inner[:, turn] + along[step] * (outer - inner)[:, turn]
    # As in an annulus: nodes are numbered by ray, then outwards.
    number = step + (deep + 1) * turn
    nodes = np.empty((2, (deep + 1) * 4 * side))
    nodes[:, number] = places
    return kind(nodes, number[strip.t].astype(strip.t.dtype))


def _joined(ring: Mesh, grid: Mesh, seam: Array) -> Mesh:
    """The nodes of the grid's first column are the ring's on the seam, both from the bottom up."""
    first = grid.p[0] == grid.p[0].min()
    number = np.empty(grid.p.shape[1], dtype=ring.t.dtype)
    number[np.flatnonzero(first)[np.argsort(grid.p[1, first])]] = seam
    number[~first] = ring.p.shape[1] + np.arange((~first).sum())
    return type(ring)(np.hstack((ring.p, grid.p[:, ~first])), np.hstack((ring.t, number[grid.t])))


def _square(side: int) -> Array:
    """(2, 4 side): points evenly around (0, 1)², counter-clockwise from the origin."""
    t = np.arange(side) / side
    zero, one = np.zeros(side), np.ones(side)
    return np.stack((np.concatenate((t, one, 1 - t, zero)), np.concatenate((zero, t, one, 1 - t))))


def _graded(count: int, first: float) -> Array:
    """(count + 1,) from 0 to 1, steps growing by a constant ratio from `first`, or evenly where that is no growth."""
    if count * first >= 1:
        return np.linspace(0.0, 1.0, count + 1)
    low, high = 1.0, 1 / first
    for _ in range(60):  # the sum of the steps grows with their ratio
        ratio = (low + high) / 2
        with np.errstate(over="ignore"):  # infinite is too large, too
            total = first * np.sum(ratio ** np.arange(count))
        low, high = (ratio, high) if total < 1 else (low, ratio)
    steps = low ** np.arange(count)
    return np.concatenate(([0.0], np.cumsum(steps) / steps.sum()))
