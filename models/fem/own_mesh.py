"""A mesh of a caller's own, by itself: what makes its arrays a mesh. Light: NumPy only.

Both orientations of a simplex are right: what is inverted shows by lying over its neighbours, and is refused as that.
Hanging nodes are found by the solvers, since to look for them takes SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.base import Array, Refusal, Task, tensor
from models.fem.check import check_range
from models.fem.mesh import triangulate
from models.fem.tetrahedra import tetrahedralize


@dataclass(frozen=True)
class CellKind:
    name: str
    build: Callable[[Array, Array], object]  # raises `Refusal` MESH_DEGENERATE


# By the numbers of axes and of a cell's nodes.
KINDS: Mapping[tuple[int, int], CellKind] = {
    (2, 3): CellKind("triangle", triangulate),
    (3, 4): CellKind("tetrahedron", tetrahedralize),
}


@dataclass(frozen=True, kw_only=True)
class OwnMesh(Task):
    nodes: Array = tensor("float64", ("nodes", "axes"), "coordinates")
    cells: Array = tensor("int64", ("cells", 3), "nodes of each triangle or tetrahedron", alternatives=(("cells", 4),))

    @property
    def kind(self) -> CellKind:
        """Raises `Refusal` WRONG_SHAPE."""
        axes, corners = self.nodes.shape[1], self.cells.shape[1]
        if (axes, corners) not in KINDS:
            message = f"has {corners} nodes for each cell, in {axes} dimensions; send triangles in 2 or tetrahedra in 3"
            raise Refusal("WRONG_SHAPE", message, "cells", {"corners": str(corners), "axes": str(axes)})
        return KINDS[axes, corners]

    def check(self) -> None:
        """Raises `Refusal` WRONG_SHAPE or OUT_OF_RANGE."""
        _ = self.kind
        if len(self.cells) == 0:
            raise Refusal("OUT_OF_RANGE", "is empty; send at least one cell", "cells", {"cells": "0"})
        check_range("cells", self.cells, len(self.nodes), "nodes")

    def check_geometry(self) -> None:
        """Raises `Refusal` MESH_DEGENERATE for flat cells, cells over each other, nodes without a cell, and edges or
        faces with more than two. It sorts all edges or faces: a second for a million triangles."""
        self.kind.build(self.nodes, self.cells)
