"""Meshes of every dimension: the client's numbering is the server's."""

from __future__ import annotations

import numpy as np
import pytest

from faraday.client import Mesh, box, rectangle, tetrahedra, triangles, unit_square
from models.fem import mesh as plane
from models.fem import tetrahedra as space
from tests.unit.models.fem.elasticity.bodies import distorted_box


@pytest.mark.parametrize("counts", [(1, 1, 1), (2, 3, 1), (3, 2, 4)])
def test_client_and_server_number_a_box_alike(counts: tuple[int, int, int]) -> None:
    ours, theirs = box(*counts, lengths=(1.0, 2.0, 3.0)), space.box(*counts)
    assert np.array_equal(ours.nodes, theirs.nodes * [1.0, 2.0, 3.0])
    assert np.array_equal(np.sort(ours.cells, axis=1), np.sort(theirs.cells, axis=1))
    assert (ours.divisions, ours.lengths) == (counts, (1.0, 2.0, 3.0))


@pytest.mark.parametrize("degree", [1, 2])
def test_client_and_server_number_the_points_of_any_tetrahedra_alike(degree: int) -> None:
    theirs = distorted_box((2, 3, 2))
    ours = tetrahedra(theirs.nodes, theirs.cells[::-1])
    assert np.array_equal(ours.points(degree), theirs.points(degree))
    outer = theirs.facet_points(degree)[theirs.is_boundary]
    assert np.array_equal(ours.boundary(degree), np.unique(outer))
    assert np.array_equal(ours.boundary_facets(), theirs.facets[theirs.is_boundary])


def test_a_rectangle_is_a_stretched_square() -> None:
    ours, square = rectangle(3, 2, (6.0, 1.0)), plane.unit_square(3, 2)
    assert np.array_equal(ours.nodes, square.nodes * [6.0, 1.0])
    assert np.array_equal(ours.cells, square.cells)


def test_a_predicate_in_space_takes_three_coordinates() -> None:
    mesh = box(2, 2, 2)
    assert len(mesh.boundary(where=lambda x, y, z: z == 1)) == 9
    assert len(mesh.boundary(2, where=lambda x, y, z: z == 1)) == 25
    assert len(mesh.boundary_facets(lambda x, y, z: z == 1)) == 8
    assert mesh.where(lambda x, y, z: (x == 0.5) & (y == 0.5) & (z == 0.5)).tolist() == [13]


def test_what_is_no_mesh_is_a_value_error() -> None:
    for made in (
        lambda: box(0, 1, 1),
        lambda: box(1, 1, 1, lengths=(1.0, 2.0)),
        lambda: rectangle(1, 1, (1.0, -1.0)),
        lambda: tetrahedra(np.zeros((4, 2)), [[0, 1, 2, 3]]),
        lambda: tetrahedra(np.zeros((4, 3)), [[0, 1, 2]]),
        lambda: triangles(np.zeros((3, 2)), [[0, 1, 3]]),
    ):
        with pytest.raises(ValueError):
            made()


def test_the_unit_square_is_what_it_was() -> None:
    mesh = unit_square(2)
    assert isinstance(mesh, Mesh)
    assert (mesh.divisions, mesh.lengths, mesh.mesh_id) == ((2, 2), None, "")
