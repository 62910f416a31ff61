from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Array, Refusal
from models.fem.element import EDGES
from models.fem.hanging import refuse_hanging_nodes
from models.fem.mesh import NO_CELL
from models.fem.tetrahedra import Tetrahedra, box, tetrahedralize
from tests.unit.models.fem.elasticity.bodies import distorted_box

MESHES = {
    "one": tetrahedralize(np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]), np.array([[0, 2, 1, 3]])),
    "box": box(2, 3, 1),
    "distorted box": distorted_box((2, 2, 3)),
}
every_mesh = pytest.mark.parametrize("mesh", MESHES.values(), ids=MESHES)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_a_box_has_the_counts_that_the_router_expects(nx: int, ny: int, nz: int) -> None:
    mesh = box(nx, ny, nz)
    assert len(mesh.nodes) == (nx + 1) * (ny + 1) * (nz + 1)
    assert len(mesh.cells) == 6 * nx * ny * nz
    assert len(mesh.points(2)) == (2 * nx + 1) * (2 * ny + 1) * (2 * nz + 1)
    assert mesh.is_boundary.sum() == 4 * (nx * ny + ny * nz + nz * nx)
    assert mesh.volumes.sum() == pytest.approx(1)
    assert mesh.facet_measures[mesh.is_boundary].sum() == pytest.approx(6)
    refuse_hanging_nodes(mesh.nodes, mesh.facets[mesh.is_boundary])


def test_a_box_is_numbered_as_documented() -> None:
    mesh = box(2, 1, 1)
    assert mesh.nodes[1].tolist() == [0.5, 0, 0]
    assert mesh.nodes[3].tolist() == [0, 1, 0]
    assert mesh.nodes[6].tolist() == [0, 0, 1]
    assert sorted(mesh.cells[0].tolist()) == [0, 1, 4, 10]  # along x, then y, then z
    assert sorted(mesh.cells[6].tolist()) == [1, 2, 5, 11]


@every_mesh
def test_cells_are_positive_and_know_their_edges_and_faces(mesh: Tetrahedra) -> None:
    assert (mesh.volumes > 0).all()
    for local, pair in enumerate(EDGES[3]):
        np.testing.assert_array_equal(mesh.edges[mesh.cell_edges[:, local]], np.sort(mesh.cells[:, pair], axis=1))
    for corner in range(4):
        face = np.sort(np.delete(mesh.cells, corner, axis=1), axis=1)
        np.testing.assert_array_equal(mesh.facets[mesh.cell_facets[:, corner]], face)
        np.testing.assert_array_equal(mesh.find_facets(face[:, [2, 0, 1]]), mesh.cell_facets[:, corner])
    assert mesh.edges.tolist() == sorted(mesh.edges.tolist())
    assert mesh.facets.tolist() == sorted(mesh.facets.tolist())


@every_mesh
def test_faces_know_their_cells(mesh: Tetrahedra) -> None:
    for face, cells in enumerate(mesh.facet_cells.tolist()):
        found = np.flatnonzero((mesh.cell_facets == face).any(axis=1)).tolist()
        assert sorted(cells) == sorted(found + [NO_CELL] * (2 - len(found)))


@every_mesh
def test_points_of_cells_and_faces_are_where_the_elements_have_them(mesh: Tetrahedra) -> None:
    points = mesh.points(2)
    for own, edges in ((mesh.cell_points(2), EDGES[3]), (mesh.facet_points(2), EDGES[2])):
        corners = own.shape[1] - len(edges)
        for local, (i, j) in enumerate(edges):
            np.testing.assert_allclose(points[own[:, corners + local]], points[own[:, [i, j]]].mean(axis=1), atol=1e-15)


@every_mesh
def test_barycentric_gradients_recover_affine_functions(mesh: Tetrahedra) -> None:
    slopes = np.einsum("ca,cad->cd", (mesh.nodes @ [2.0, -3.0, 0.5])[mesh.cells], mesh.gradients)
    np.testing.assert_allclose(slopes, np.broadcast_to([2.0, -3.0, 0.5], slopes.shape), atol=1e-12)


def test_a_face_that_is_not_there_is_not_found() -> None:
    mesh = MESHES["box"]
    assert mesh.find_facets(np.array([[0, 5, len(mesh.nodes) - 1], [0, 1, len(mesh.nodes) - 1]])).tolist() == [-1, -1]


CORNERS = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, -1], [0.2, 0.2, 0.5], [0.2, 0.2, 0.9]])


@pytest.mark.parametrize(
    ("cells", "field", "said"),
    [
        ([[0, 1, 2, 3], [0, 1, 2, 2]], "cells[1]", "flat"),
        ([[0, 1, 2, 3]], "nodes[4]", "belongs to no cell"),
        ([[0, 1, 2, 3], [0, 1, 2, 4], [0, 1, 2, 5]], "cells[0]", "2 other cells"),
        ([[0, 1, 2, 3], [0, 1, 2, 5]], "cells[0]", "overlap"),
    ],
)
def test_a_degenerate_mesh_is_refused(cells: list[list[int]], field: str, said: str) -> None:
    count = max(max(cell) for cell in cells) + 1
    if said == "overlap":
        cells = [[{5: 4}.get(n, n) for n in cell] for cell in cells]
        nodes = np.vstack((CORNERS[:4], CORNERS[5]))
    else:
        nodes = CORNERS[: max(count, 5 if said == "belongs to no cell" else count)]
    with pytest.raises(Refusal, match=said) as caught:
        tetrahedralize(nodes, np.array(cells))
    assert (caught.value.reason, caught.value.field) == ("MESH_DEGENERATE", field)


def halves(lower: Tetrahedra, upper: Tetrahedra) -> Tetrahedra:
    """Two meshes as one, their equal nodes joined."""
    nodes = np.vstack((lower.nodes, upper.nodes))
    cells = np.vstack((lower.cells, upper.cells + len(lower.nodes)))
    joined, numbers = np.unique(nodes, axis=0, return_inverse=True)
    return tetrahedralize(joined, numbers.ravel()[cells])


def check(mesh: Tetrahedra) -> None:
    refuse_hanging_nodes(mesh.nodes, mesh.facets[mesh.is_boundary])


def on_top(mesh: Tetrahedra) -> Tetrahedra:
    return tetrahedralize(mesh.nodes + np.array([0.0, 0, 1]), mesh.cells)


@pytest.mark.parametrize("counts", [(2, 1, 1), (2, 2, 1), (3, 2, 1)])
def test_a_node_in_an_edge_or_a_face_hangs(counts: tuple[int, int, int]) -> None:
    with pytest.raises(Refusal, match="hangs in the face") as caught:
        check(halves(box(1, 1, 1), on_top(box(*counts))))
    assert caught.value.reason == "MESH_DEGENERATE"


def test_a_matching_mesh_and_a_crack_have_no_hanging_nodes() -> None:
    check(halves(box(2, 2, 1), on_top(box(2, 2, 1))))
    lower, upper = box(2, 2, 1), on_top(box(2, 2, 1))
    apart: Array = np.vstack((lower.cells, upper.cells + len(lower.nodes)))
    check(tetrahedralize(np.vstack((lower.nodes, upper.nodes)), apart))
