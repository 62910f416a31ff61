"""What each kind of mesh gives to a task that knows of shapes and named boundaries, and to one that does not."""

from __future__ import annotations

import numpy as np
import pytest

from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Scalar
from models.fem.domain.task import DomainTask
from models.fem.own_mesh import OwnMesh
from models.fem.task import DiffusionTask
from router.codec.finite_element import meshes
from tests.unit.router.codec.finite_element.asking import nothing_kept, tensor

ANY = {*schema.tensors(DomainTask), *schema.scalars(DomainTask)}
PLANE = {*schema.tensors(DiffusionTask), *schema.scalars(DiffusionTask)}
NODES = {"triangle": np.zeros((4, 2)), "quadrilateral": np.zeros((4, 2)), "tetrahedron": np.zeros((4, 3))}
CELLS = {
    "triangle": np.array([[0, 1, 2]]),
    "quadrilateral": np.array([[0, 1, 2, 3]]),
    "tetrahedron": np.array([[0, 1, 2, 3]]),
}
KEPT = OwnMesh(
    shape="own",
    nodes=np.zeros((4, 2)),
    cells=CELLS["triangle"],
    boundary_facets=np.array([[0, 1]]),
    boundary_labels=np.array([0]),
    boundary_names="left",
)


def own(kind: str) -> pb.Mesh:
    return pb.Mesh(cells=pb.Cells(nodes=tensor(NODES[kind]), cells=tensor(CELLS[kind], "int64")))


def given(mesh: pb.Mesh, declared: set[str]) -> tuple[dict[str, Scalar], list[str]]:
    scalars, arrays = meshes.values(mesh, lambda mesh_id: KEPT, declared)
    return scalars, sorted(arrays)


@pytest.mark.parametrize("kind", NODES)
def test_what_cells_are_follows_from_their_shape(kind: str) -> None:
    assert given(own(kind), ANY) == ({"shape": "own", "cell_kind": kind}, ["cells", "nodes"])
    assert given(own(kind), PLANE) == ({}, ["cells", "nodes"])


def test_cells_of_no_kind_are_left_to_the_task_to_refuse() -> None:
    mesh = pb.Mesh(cells=pb.Cells(nodes=tensor(np.zeros((9, 2))), cells=tensor(np.zeros((1, 7)), "int64")))
    assert given(mesh, ANY) == ({"shape": "own"}, ["cells", "nodes"])
    assert given(pb.Mesh(triangles=pb.Triangles()), ANY) == ({"shape": "own"}, [])


def test_a_shape_is_sent_as_it_is() -> None:
    mesh = pb.Mesh(structured=pb.Structured(divisions=tensor([2, 3], "int64"), shape="annulus"))
    assert given(mesh, ANY) == ({"shape": "annulus"}, ["divisions"])
    assert given(pb.Mesh(unit_square=pb.UnitSquare(x_count=2, y_count=3)), ANY) == ({}, ["divisions"])
    assert given(pb.Mesh(), ANY) == ({}, [])


def test_a_mesh_that_is_kept_gives_its_names_to_those_who_know_of_names() -> None:
    scalars, arrays = given(pb.Mesh(mesh_id="kept"), ANY)
    assert scalars == {"shape": "own", "cell_kind": "triangle", "boundary_names": "left"}
    assert arrays == ["boundary_facets", "boundary_labels", "cells", "nodes"]
    assert given(pb.Mesh(mesh_id="kept"), PLANE) == ({}, ["cells", "nodes"])


def test_names_that_are_sent_with_a_mesh_are_left_aside_likewise() -> None:
    mesh = own("triangle")
    mesh.cells.boundary_names = "left"
    mesh.cells.boundary_facets.CopyFrom(tensor([[0, 1]], "int64"))
    assert given(mesh, PLANE) == ({}, ["cells", "nodes"])
    assert given(mesh, ANY)[0]["boundary_names"] == "left"


@pytest.mark.parametrize(
    ("kind", "name", "path"),
    [
        ("structured", "shape", "mesh.structured.shape"),
        ("cells", "boundary_facets", "mesh.cells.boundary_facets"),
        ("mesh_id", "boundary_names", "mesh.mesh_id.boundary_names"),
        ("cells", "lengths", "mesh.structured.lengths"),
        ("", "divisions", "mesh.unit_square"),
        ("", "nodes", "mesh.triangles.nodes"),
    ],
)
def test_every_field_has_a_place(kind: str, name: str, path: str) -> None:
    assert meshes.path_of(kind, name) == path


def test_no_mesh_is_looked_for_where_none_is_named() -> None:
    assert meshes.values(own("triangle"), nothing_kept, PLANE)[1]["cells"].tolist() == [[0, 1, 2]]
