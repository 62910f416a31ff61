from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Refusal
from models.fem.hanging import refuse_hanging_nodes
from models.fem.mesh import NO_CELL, Triangulation, triangulate, unit_square
from tests.unit.models.fem.meshes import MESHES

every_mesh = pytest.mark.parametrize("mesh", MESHES.values(), ids=MESHES)


def test_the_unit_square_is_numbered_as_documented() -> None:
    mesh = unit_square(2, 1)
    assert mesh.nodes.tolist() == [[0, 0], [0.5, 0], [1, 0], [0, 1], [0.5, 1], [1, 1]]
    assert mesh.cells.tolist() == [[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4]]
    assert mesh.edges.tolist() == [[0, 1], [0, 3], [0, 4], [1, 2], [1, 4], [1, 5], [2, 5], [3, 4], [4, 5]]
    assert mesh.points(2)[6:9].tolist() == [[0.25, 0], [0, 0.5], [0.25, 0.5]]
    assert mesh.cell_points(2)[0].tolist() == [0, 1, 4, 6, 10, 8]


@given(st.integers(1, 12), st.integers(1, 12))
def test_the_unit_square_has_the_counts_that_the_router_expects(nx: int, ny: int) -> None:
    mesh = unit_square(nx, ny)
    assert len(mesh.nodes) == (nx + 1) * (ny + 1)
    assert len(mesh.cells) == 2 * nx * ny
    assert len(mesh.edges) == nx * (ny + 1) + ny * (nx + 1) + nx * ny
    assert mesh.areas.sum() == pytest.approx(1)


@every_mesh
def test_edges_are_sorted_pairs_in_lexicographic_order(mesh: Triangulation) -> None:
    assert (mesh.edges[:, 0] < mesh.edges[:, 1]).all()
    assert mesh.edges.tolist() == sorted(mesh.edges.tolist())


@every_mesh
def test_cells_turn_counter_clockwise_and_know_their_edges(mesh: Triangulation) -> None:
    assert (mesh.areas > 0).all()
    for local, (i, j) in enumerate(((0, 1), (1, 2), (2, 0))):
        pairs = mesh.cells[:, [i, j]]
        np.testing.assert_array_equal(mesh.edges[mesh.cell_edges[:, local]], np.sort(pairs, axis=1))
        np.testing.assert_array_equal(mesh.cell_signs[:, local] > 0, pairs[:, 0] < pairs[:, 1])
        np.testing.assert_array_equal(mesh.find_edges(pairs[:, ::-1]), mesh.cell_edges[:, local])


@every_mesh
def test_edges_know_their_cells(mesh: Triangulation) -> None:
    for edge, cells in enumerate(mesh.edge_cells.tolist()):
        found = np.flatnonzero((mesh.cell_edges == edge).any(axis=1)).tolist()
        assert sorted(cells) == sorted(found + [NO_CELL] * (2 - len(found)))


@every_mesh
def test_barycentric_gradients_recover_affine_functions(mesh: Triangulation) -> None:
    slopes = np.einsum("ca,cad->cd", (mesh.nodes @ [2.0, -3.0])[mesh.cells], mesh.gradients)
    np.testing.assert_allclose(slopes, np.broadcast_to([2.0, -3.0], slopes.shape), atol=1e-12)
    np.testing.assert_allclose(mesh.gradients.sum(axis=1), 0, atol=1e-12)


def test_a_pair_that_is_no_edge_is_not_found() -> None:
    assert unit_square(2, 1).find_edges(np.array([[1, 3], [5, 4]])).tolist() == [-1, 8]


def refused(nodes: list[list[float]], cells: list[list[int]]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        mesh = triangulate(np.array(nodes, dtype=float), np.array(cells))
        refuse_hanging_nodes(mesh.nodes, mesh.facets[mesh.is_boundary])
    assert caught.value.reason == "MESH_DEGENERATE"
    return caught.value


SQUARE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]


def test_a_flat_cell_is_refused() -> None:
    assert refused([*SQUARE, [2, 1e-12]], [[0, 1, 2], [0, 2, 3], [0, 1, 4]]).field == "cells[2]"


def test_a_cell_that_repeats_a_node_is_refused() -> None:
    assert refused(SQUARE, [[0, 1, 2], [0, 3, 3]]).field == "cells[1]"


def test_a_cell_beyond_floating_point_is_refused() -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        assert refused([[0, 0], [1e200, 0], [0, 1e200]], [[0, 1, 2]]).field == "cells[0]"


def test_a_node_without_a_cell_is_refused() -> None:
    assert refused([*SQUARE, [5, 5]], [[0, 1, 2], [0, 2, 3]]).field == "nodes[4]"


def test_an_edge_with_three_cells_is_refused() -> None:
    refusal = refused([*SQUARE, [0.6, 0.4]], [[0, 1, 2], [0, 2, 3], [0, 2, 4]])
    assert refusal.details["edge"] == "0,2"
    assert refusal.details["cells_at_edge"] == "3"


def test_a_cell_that_lies_over_its_neighbour_is_refused() -> None:
    refusal = refused([[0, 0], [1, 0], [0, 1], [1, 1]], [[0, 1, 2], [0, 1, 3]])
    assert refusal.field == "cells[0]"
    assert refusal.details["other_cell"] == "1"


def test_a_cell_that_is_sent_twice_is_refused() -> None:
    refused(SQUARE, [[0, 1, 2], [0, 2, 3], [2, 0, 1]])


def test_a_hanging_node_is_refused() -> None:
    refusal = refused([*SQUARE, [0.5, 0.5]], [[0, 1, 4], [1, 2, 4], [0, 2, 3]])
    assert refusal.field == "nodes[4]"
    assert refusal.details["edge"] == "0,2"


def test_a_crack_with_coincident_nodes_is_no_hanging_node() -> None:
    nodes = [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1], [0, -1], [1, -1], [2, -1], [1, 0], [2, 0]]
    upper = [[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4]]
    lower = [[6, 7, 9], [6, 9, 0], [7, 8, 10], [7, 10, 9]]
    mesh = triangulate(np.array(nodes, dtype=float), np.array(upper + lower))
    refuse_hanging_nodes(mesh.nodes, mesh.facets[mesh.is_boundary])
    assert mesh.is_boundary[mesh.find_edges(np.array([[1, 2], [9, 10]]))].all()


@pytest.mark.parametrize("counts", [(1, 1), (1, 4), (5, 1), (2, 2), (3, 4), (8, 5)])
def test_the_square_is_connected_as_its_own_triangles_are(counts: tuple[int, int]) -> None:
    """Its edges are numbered by formula, those of triangles by sorting."""
    square = unit_square(*counts)
    sorted_out = triangulate(square.nodes, square.cells)
    for field in dataclasses.fields(square):
        found, expected = getattr(square, field.name), getattr(sorted_out, field.name)
        np.testing.assert_array_equal(found, expected, err_msg=field.name)
        assert found.dtype == expected.dtype


def test_the_size_of_a_mesh_counts_what_is_computed_later() -> None:
    mesh = unit_square(3, 3)
    held = [getattr(mesh, field.name) for field in dataclasses.fields(mesh)]
    later = [mesh.areas, mesh.gradients, mesh.curls, mesh.edge_lengths, mesh.parts]
    later += [array if array.base is None else array.base for array in vars(mesh.fans).values()]
    assert mesh.size_bytes >= sum(array.nbytes for array in held + later)
