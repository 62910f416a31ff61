"""What is a mesh and what is none, by its arrays alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Array, Refusal
from models.fem.domain.build import mesh_of
from models.fem.mesh import unit_square
from models.fem.own_mesh import OwnMesh, cell_kind
from models.fem.tetrahedra import box

SQUARE = unit_square(2, 2)
BOX = box(1, 1, 1)
QUADS = np.array([[0, 1, 4, 3], [1, 2, 5, 4], [3, 4, 7, 6], [4, 5, 8, 7]])
HEX = np.array([[0, 1, 3, 2, 4, 5, 7, 6]])  # VTK's order


def checked(nodes: Array, cells: Array, **boundary: Any) -> str:
    kind = cell_kind(nodes, cells) or "triangle"
    mesh = OwnMesh(shape="own", nodes=nodes, cells=cells, cell_kind=kind, **boundary)
    mesh.check()
    mesh.check_geometry()
    return mesh.cell_kind


def test_triangles_and_tetrahedra_are_meshes_in_either_orientation() -> None:
    assert checked(SQUARE.nodes, SQUARE.cells) == "triangle"
    assert checked(SQUARE.nodes, SQUARE.cells[:, ::-1]) == "triangle"
    assert checked(BOX.nodes, BOX.cells) == "tetrahedron"
    assert checked(BOX.nodes, BOX.cells[:, [1, 0, 2, 3]]) == "tetrahedron"


def test_bricks_are_meshes_as_the_solvers_take_them() -> None:
    for quads in (QUADS, QUADS[:, ::-1]):
        assert checked(SQUARE.nodes, quads) == "quadrilateral"
        mesh_of(OwnMesh(shape="own", nodes=SQUARE.nodes, cells=quads, cell_kind="quadrilateral"))
    assert checked(BOX.nodes, HEX) == "hexahedron"
    mesh_of(OwnMesh(shape="own", nodes=BOX.nodes, cells=HEX, cell_kind="hexahedron"))


@given(seed=st.integers(0, 10**6), kind=st.sampled_from(("quadrilateral", "hexahedron")))
def test_a_brick_that_is_distorted_is_refused_by_both_or_by_none(seed: int, kind: str) -> None:
    """By this check, which is light, and by that of the solvers, which takes scikit-fem."""
    square = SQUARE.nodes[[0, 1, 4, 3]], np.arange(4).reshape(1, 4)
    nodes, cells = square if kind == "quadrilateral" else (BOX.nodes, HEX)
    moved = nodes + np.random.default_rng(seed).uniform(-0.45, 0.45, nodes.shape) * np.ptp(nodes, axis=0)
    mesh = OwnMesh(shape="own", nodes=moved, cells=cells, cell_kind=kind)

    def refused(check: Callable[[], object]) -> bool:
        try:
            check()
        except Refusal as refusal:
            assert refusal.reason == "MESH_DEGENERATE"
            return True
        return False

    assert refused(mesh.check_geometry) == refused(lambda: mesh_of(mesh))


def moved(node: int, to: tuple[float, float]) -> Array:
    nodes = SQUARE.nodes.copy()
    nodes[node] = to
    return nodes


@pytest.mark.parametrize(
    ("nodes", "cells", "reason", "field"),
    [
        (SQUARE.nodes, np.zeros((0, 3), np.int64), "WRONG_SIZE", "cells"),
        (SQUARE.nodes, SQUARE.cells + 1, "OUT_OF_RANGE", "cells[6, 2]"),
        (SQUARE.nodes, np.zeros((1, 5), np.int64), "WRONG_SHAPE", "cells"),
        (np.zeros((4, 3)), np.array([[0, 1, 2]]), "WRONG_SHAPE", "nodes"),
        (SQUARE.nodes, QUADS[:, [0, 2, 1, 3]], "MESH_DEGENERATE", "cells[0]"),
        (SQUARE.nodes * [1, 0], QUADS, "MESH_DEGENERATE", "cells[0]"),
        (SQUARE.nodes, QUADS[:3], "MESH_DEGENERATE", "nodes[8]"),
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


def test_a_part_of_the_boundary_has_a_name() -> None:
    named = {"boundary_facets": np.array([[0, 1], [1, 2]]), "boundary_labels": np.zeros(2, np.int64)}
    assert checked(SQUARE.nodes, SQUARE.cells, boundary_names="bottom", **named) == "triangle"
    with pytest.raises(Refusal) as caught:
        checked(SQUARE.nodes, SQUARE.cells, **named)
    assert (caught.value.reason, caught.value.field) == ("OUT_OF_RANGE", "boundary_labels[0]")


def test_to_check_one_takes_no_scipy() -> None:
    code = (
        "import sys; from models.fem.own_mesh import OwnMesh; from models.fem.mesh import unit_square; "
        "m = unit_square(2, 2); OwnMesh(shape='own', nodes=m.nodes, cells=m.cells).check_geometry(); "
        "sys.exit('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
