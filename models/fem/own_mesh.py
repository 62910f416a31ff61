"""A mesh of a caller's own, by itself: what makes its arrays a mesh. Light: NumPy only.

Both orientations of a simplex are right: one that is inverted shows by lying over its neighbours, and is refused as
that. Of bricks every corner has to turn the same way, as the cell's map does there. Hanging nodes are found by the
solvers, and whether boundary facets are on the boundary: to look for them takes SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from models.base import Array, Refusal
from models.fem.conforming import refuse_loose_nodes
from models.fem.domain.task import CORNERS, DIMENSION, DomainTask
from models.fem.mesh import FLATNESS, triangulate
from models.fem.tetrahedra import tetrahedralize

# By the numbers of axes and of a cell's nodes.
_KINDS = {(DIMENSION[kind], corners): kind for kind, corners in CORNERS.items()}

# The neighbours of each corner along the cell's edges, ordered so that their volume is positive where the cell's is.
_NEIGHBOURS = {
    "quadrilateral": ((1, 3), (2, 0), (3, 1), (0, 2)),
    "hexahedron": ((1, 3, 4), (2, 0, 5), (3, 1, 6), (0, 2, 7), (7, 5, 0), (4, 6, 1), (5, 7, 2), (6, 4, 3)),
}

_AT_ONCE = 2**15  # cells: a few of their arrays fit into a processor's cache, and a million would take gigabytes
_NO_LIMIT = 2**62  # what may be kept is limited by its size


@dataclass(frozen=True, kw_only=True)
class OwnMesh(DomainTask):
    """Of its fields those of an own mesh count: nodes, cells, cell_kind and named boundaries."""

    def check(self) -> None:
        """Raises `Refusal` for shapes, sizes and ranges that are wrong."""
        self.check_domain(_NO_LIMIT)

    def check_geometry(self) -> None:
        """Raises `Refusal` MESH_DEGENERATE. Simplices: for flat cells, cells over each other, nodes without a cell, and
        edges or faces with more than two; it sorts all of these, which takes 0.8 s for a million triangles. Bricks: for
        cells that are flat or folded, and nodes without a cell."""
        assert self.nodes is not None and self.cells is not None
        _CHECKS[self.cell_kind](self.nodes, self.cells)


def cell_kind(nodes: Array | None, cells: Array | None) -> str | None:
    """What cells of these shapes are; None where there are none such."""
    if nodes is None or cells is None or nodes.ndim != 2 or cells.ndim != 2:
        return None
    return _KINDS.get((nodes.shape[1], cells.shape[1]))


def _check_bricks(kind: str, nodes: Array, cells: Array) -> None:
    refuse_loose_nodes(nodes, cells)
    for start in range(0, len(cells), _AT_ONCE):
        corners = nodes[cells[start : start + _AT_ONCE]]
        turned = _turned(corners, np.array(_NEIGHBOURS[kind]))
        size = np.max(np.ptp(corners, axis=1), axis=1) ** nodes.shape[1]
        flat = ~(np.abs(turned).min(axis=1) >= FLATNESS * size) | (size == 0)
        folded = np.abs(np.sign(turned).sum(axis=1)) < cells.shape[1]
        if (flat | folded).any():
            at = int(np.argmax(flat | folded))
            what = "is flat" if flat[at] else "is folded over: it is not convex, or its corners are in another order"
            details = {"cell": str(start + at)}
            raise Refusal("MESH_DEGENERATE", f"{what}; mend or leave it out", f"cells[{start + at}]", details)


def _turned(corners: Array, ways: Array) -> Array:
    """(cells, corners): the signed area or volume between the edges at each corner."""
    edges = corners[:, ways] - corners[:, :, None]
    first, second = edges[:, :, 0], edges[:, :, 1]
    if corners.shape[-1] == 2:
        return np.asarray(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])
    return np.asarray(np.einsum("ncx,ncx->nc", np.cross(first, second), edges[:, :, 2]))


_CHECKS: Mapping[str, Callable[[Array, Array], object]] = {
    "triangle": triangulate,
    "tetrahedron": tetrahedralize,
    "quadrilateral": lambda nodes, cells: _check_bricks("quadrilateral", nodes, cells),
    "hexahedron": lambda nodes, cells: _check_bricks("hexahedron", nodes, cells),
}
