"""What is a mesh and what is none, by its arrays alone."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from models.base import Array, Refusal
from models.fem.mesh import unit_square
from models.fem.own_mesh import OwnMesh
from models.fem.tetrahedra import box

SQUARE = unit_square(2, 2)
BOX = box(1, 1, 1)


def checked(nodes: Array, cells: Array) -> str:
    mesh = OwnMesh(nodes=nodes, cells=cells)
    mesh.check()
    mesh.check_geometry()
    return mesh.kind.name


def test_triangles_and_tetrahedra_are_meshes_in_either_orientation() -> None:
    assert checked(SQUARE.nodes, SQUARE.cells) == "triangle"
    assert checked(SQUARE.nodes, SQUARE.cells[:, ::-1]) == "triangle"
    assert checked(BOX.nodes, BOX.cells) == "tetrahedron"
    assert checked(BOX.nodes, BOX.cells[:, [1, 0, 2, 3]]) == "tetrahedron"


def moved(node: int, to: tuple[float, float]) -> Array:
    nodes = SQUARE.nodes.copy()
    nodes[node] = to
    return nodes


@pytest.mark.parametrize(
    ("nodes", "cells", "reason", "field"),
    [
        (SQUARE.nodes, np.zeros((0, 3), np.int64), "OUT_OF_RANGE", "cells"),
        (SQUARE.nodes, SQUARE.cells + 1, "OUT_OF_RANGE", "cells[6, 2]"),
        (SQUARE.nodes, np.zeros((1, 4), np.int64), "WRONG_SHAPE", "cells"),
        (np.zeros((4, 3)), np.array([[0, 1, 2]]), "WRONG_SHAPE", "cells"),
        (moved(4, (0.0, 0.0)), SQUARE.cells, "MESH_DEGENERATE", "cells[0]"),  # flat: two of its nodes are one
        (moved(4, (0.5, 1.5)), SQUARE.cells, "MESH_DEGENERATE", "cells[1]"),  # inverted: over its neighbours
        (SQUARE.nodes, SQUARE.cells[:1], "MESH_DEGENERATE", "nodes[2]"),
        (BOX.nodes * [1, 1, 0], BOX.cells, "MESH_DEGENERATE", "cells[0]"),
        (BOX.nodes, np.tile(BOX.cells, (2, 1)), "MESH_DEGENERATE", "cells[0]"),
    ],
)
def test_what_is_no_mesh_is_refused_where_it_is_wrong(nodes: Array, cells: Array, reason: str, field: str) -> None:
    with pytest.raises(Refusal) as caught:
        checked(nodes, cells)
    assert (caught.value.reason, caught.value.field) == (reason, field)


def test_to_check_one_takes_no_scipy() -> None:
    code = (
        "import sys; from models.fem.own_mesh import OwnMesh; from models.fem.mesh import unit_square; "
        "m = unit_square(2, 2); OwnMesh(nodes=m.nodes, cells=m.cells).check_geometry(); "
        "sys.exit('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
