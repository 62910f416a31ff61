"""Meshes: the numbering that the contract documents."""

import itertools

import numpy as np
import pytest

from faraday.client import triangles, unit_square
from models.fem import mesh as server


@pytest.mark.parametrize(("x_count", "y_count"), [(1, 1), (1, 3), (4, 2), (5, 5)])
def test_client_and_server_number_the_unit_square_alike(x_count: int, y_count: int) -> None:
    ours, theirs = unit_square(x_count, y_count), server.unit_square(x_count, y_count)
    assert np.array_equal(ours.nodes, theirs.nodes)
    assert np.array_equal(ours.cells, theirs.cells)
    assert np.array_equal(ours.edges, theirs.edges)
    assert np.array_equal(ours.points(2), theirs.points(2))
    assert np.array_equal(ours.boundary_edges(), theirs.edges[theirs.is_boundary])


def test_client_and_server_number_the_points_of_any_triangulation_alike() -> None:
    square, rng = unit_square(4), np.random.default_rng(3)
    renumbered = rng.permutation(len(square.nodes))
    nodes = np.empty_like(square.nodes)
    nodes[renumbered] = square.nodes
    cells = rng.permutation(renumbered[square.cells])
    ours, theirs = triangles(nodes, cells), server.triangulate(nodes, cells)
    assert np.array_equal(ours.points(2), theirs.points(2))


def test_the_diagonal_runs_from_lower_left_to_upper_right() -> None:
    assert unit_square(1).cells.tolist() == [[0, 1, 3], [0, 3, 2]]


@pytest.mark.parametrize("degree", [1, 2])
def test_the_boundary_is_where_a_coordinate_is_0_or_1(degree: int) -> None:
    mesh = unit_square(3, 2)
    x, y = mesh.points(degree).T
    outer = (x == 0) | (x == 1) | (y == 0) | (y == 1)
    assert np.array_equal(mesh.boundary(degree), np.flatnonzero(outer))


def test_edges_are_sorted_pairs_in_lexicographic_order() -> None:
    edges = [tuple(edge) for edge in unit_square(3, 2).edges]
    assert edges == sorted(edges)
    assert all(low < high for low, high in edges)
    assert len(edges) == 3 * 3 + 4 * 2 + 3 * 2  # along x, along y, diagonals


def test_a_predicate_picks_a_side() -> None:
    mesh = unit_square(2)
    assert mesh.boundary(where=lambda x, y: x == 0).tolist() == [0, 3, 6]
    assert mesh.boundary_edges(lambda x, y: y == 1).tolist() == [[6, 7], [7, 8]]
    assert mesh.where(lambda x, y: (x == 0.5) & (y == 0.5)).tolist() == [4]
    assert len(mesh.where(lambda x, y: x == 0, degree=2)) == 5


def test_a_predicate_may_be_constant() -> None:
    assert np.array_equal(unit_square(2).boundary(where=lambda x, y: True), unit_square(2).boundary())


@pytest.mark.parametrize("counts", [(0, 1), (1, 0), (-1, 1)])
def test_a_square_without_cells_is_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        unit_square(*counts)


@pytest.mark.parametrize(
    ("nodes", "cells"),
    [
        ([0.0, 1.0], [[0, 1, 2]]),
        ([[0.0, 0.0, 0.0]], [[0, 0, 0]]),
        ([[0, 0], [1, 0], [0, 1]], [0, 1, 2]),
        ([[0, 0], [1, 0], [0, 1]], [[0, 1]]),
        ([[0, 0], [1, 0], [0, 1]], [[0, 1, 3]]),
        ([[0, 0], [1, 0], [0, 1]], [[0, 1, -1]]),
    ],
)
def test_arrays_that_are_no_triangles_are_refused(nodes: list[object], cells: list[object]) -> None:
    with pytest.raises(ValueError, match=r"send \(|outside"):
        triangles(nodes, cells)  # type: ignore[arg-type]


def test_every_corner_of_every_cell_turns_the_same_way() -> None:
    mesh = unit_square(3, 5)
    for a, b, c in itertools.starmap(lambda i, j, k: (mesh.nodes[i], mesh.nodes[j], mesh.nodes[k]), mesh.cells):
        assert np.cross(np.append(b - a, 0), np.append(c - a, 0))[2] > 0
