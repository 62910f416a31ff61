from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Refusal
from models.fem.domain.build import mesh_of
from models.fem.meshing.file import MeshReader
from models.fem.meshing.file_task import SPEC as FILE_SPEC
from models.fem.meshing.file_task import MeshFileTask
from models.fem.meshing.make import Mesher
from models.fem.meshing.task import MeshResult, MeshTask

KINDS = ("triangle", "quadrilateral", "tetrahedron", "hexahedron")


def made(**fields: object) -> MeshResult:
    task = MeshTask(**fields)  # type: ignore[arg-type]
    (result,) = Mesher("cpu").run([task])
    assert isinstance(result, MeshResult), result
    return result


def box(kind: str, **fields: object) -> MeshResult:
    d = 2 if kind in KINDS[:2] else 3
    return made(shape="square" if d == 2 else "cube", divisions=np.full(d, 2), cell_kind=kind, **fields)


def own(mesh: MeshResult, **fields: object) -> dict[str, object]:
    return {
        "shape": "own",
        "cell_kind": mesh.cell_kind,
        "nodes": mesh.nodes,
        "cells": mesh.cells,
        "boundary_facets": mesh.boundary_facets,
        "boundary_labels": mesh.boundary_labels,
        "boundary_names": mesh.boundary_names,
        **fields,
    }


def sizes(mesh: MeshResult) -> np.ndarray:
    """(cells,): by the divergence theorem over corners, which knows nothing of scikit-fem: signed."""
    places = mesh.nodes[mesh.cells]
    if mesh.nodes.shape[1] == 2:
        x, y = places[..., 0], places[..., 1]
        return np.sum(x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y, axis=1) / 2
    if mesh.cell_kind == "tetrahedron":
        return np.linalg.det(places[:, 1:] - places[:, :1]) / 6
    return np.linalg.det(places[:, [1, 3, 4]] - places[:, :1])  # a box


@pytest.mark.parametrize("kind", KINDS)
def test_refining_keeps_the_size_the_names_and_the_ancestors(kind: str) -> None:
    coarse, fine = box(kind), box(kind, refinements=2)
    children = 4**2 if kind in KINDS[:2] else 8**2
    assert len(fine.cells) == children * len(coarse.cells)
    assert (sizes(fine) > 0).all()
    np.testing.assert_allclose(np.bincount(fine.cell_labels, sizes(fine)), sizes(coarse))
    assert fine.boundary_names == coarse.boundary_names
    facets = np.bincount(fine.boundary_labels) / np.bincount(coarse.boundary_labels)
    np.testing.assert_allclose(facets, np.sqrt(children) if kind in KINDS[:2] else children ** (2 / 3))
    sides = {"left": (0, 0), "right": (0, 1), "bottom": (-1, 0), "top": (-1, 1), "front": (1, 0), "back": (1, 1)}
    for label, name in enumerate(fine.boundary_names.split(", ")):
        axis, place = sides[name]
        corners = fine.nodes[fine.boundary_facets[fine.boundary_labels == label]]
        np.testing.assert_allclose(corners[..., axis], place)


@pytest.mark.parametrize("kind", ["triangle", "tetrahedron"])
def test_marked_cells_are_divided_and_the_mesh_stays_conforming(kind: str) -> None:
    coarse = box(kind)
    fine = box(kind, marked=np.array([0, 3]))
    counts = np.bincount(fine.cell_labels, minlength=len(coarse.cells))
    assert (counts[[0, 3]] > 1).all()
    assert counts.min() >= 1
    np.testing.assert_allclose(np.bincount(fine.cell_labels, sizes(fine)), sizes(coarse))
    again = made(**own(fine))  # which refuses what does not fit together
    width = fine.boundary_facets.shape[1]
    pairs = np.sort(np.concatenate([np.delete(fine.cells, i, axis=1) for i in range(width + 1)]), axis=1)
    _, shared = np.unique(pairs, axis=0, return_counts=True)
    assert (shared == 1).sum() == len(again.boundary_facets) == len(fine.boundary_facets)


def test_quality_is_one_for_the_best_cells_and_small_for_flat_ones() -> None:
    best = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
    for height, expected in ((1.0, 1.0), (0.01, 0.01)):
        mesh = made(shape="own", nodes=best * (1, height), cells=np.array([[0, 1, 2]]))
        assert mesh.quality[0] == pytest.approx(expected)
    assert box("quadrilateral").quality == pytest.approx(1.0)
    assert box("hexahedron").quality == pytest.approx(1.0)
    tetrahedron = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    mesh = made(shape="own", cell_kind="tetrahedron", nodes=tetrahedron, cells=np.array([[0, 1, 2, 3]]))
    assert mesh.quality[0] == pytest.approx(1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_cells_of_any_orientation_come_back_positive(kind: str) -> None:
    mesh = box(kind)
    mirrored = made(**own(mesh, nodes=mesh.nodes * np.where(np.arange(mesh.nodes.shape[1]) == 0, -1, 1)))
    assert (sizes(mirrored) > 0).all()
    np.testing.assert_allclose(np.sort(sizes(mirrored)), np.sort(sizes(mesh)))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"refinements": -1}, "refinements"),
        ({"refinements": 12}, "refinements"),
        ({"marked": np.array([8])}, "marked[0]"),
        ({"marked": np.array([0]), "cell_kind": "quadrilateral"}, "marked"),
        ({"degree": 2}, "degree"),
        ({"conditions": "left: u = 0"}, "conditions"),
    ],
)
def test_a_mesh_that_cannot_be_made_is_refused(change: dict[str, object], field: str) -> None:
    task = replace(MeshTask(divisions=np.array([2, 2])), **change)  # type: ignore[arg-type]
    (refusal,) = Mesher("cpu").run([task])
    assert isinstance(refusal, Refusal)
    assert refusal.field == field


GMSH = """$MeshFormat
2.2 0 8
$EndMeshFormat
$PhysicalNames
3
1 3 "held"
1 4 "inside"
2 7 "plate"
$EndPhysicalNames
$Nodes
5
1 0 0 0
2 1 0 0
3 1 1 0
4 0 1 0
9 5 5 0
$EndNodes
$Elements
4
1 1 2 3 1 1 2
2 1 2 4 2 1 3
3 2 2 7 1 1 2 3
4 2 2 7 1 1 3 4
$EndElements
"""
GMSH_41 = """$MeshFormat
4.1 0 8
$EndMeshFormat
$PhysicalNames
2
1 3 "held"
2 7 "plate"
$EndPhysicalNames
$Entities
0 1 1 0
1 0 0 0 1 0 0 1 3 0
1 0 0 0 1 1 0 1 7 1 1
$EndEntities
$Nodes
1 4 1 4
2 1 0 4
1
2
3
4
0 0 0
1 0 0
1 1 0
0 1 0
$EndNodes
$Elements
2 3 1 3
1 1 1 1
1 1 2
2 1 2 2
2 1 2 3
3 1 3 4
$EndElements
"""
VTK = """# vtk DataFile Version 3.0
a square
ASCII
DATASET UNSTRUCTURED_GRID
POINTS 4 double
0 0 0 1 0 0 1 1 0 0 1 0
CELLS 1 5
4 0 1 2 3
CELL_TYPES 1
9
"""


def read(content: str | bytes, file_format: str) -> MeshResult | Refusal:
    raw = content.encode() if isinstance(content, str) else content
    task = MeshFileTask(content=np.frombuffer(raw, np.uint8), file_format=file_format)
    (result,) = MeshReader("cpu").run([task])
    return result


@pytest.mark.parametrize("text", [GMSH, GMSH_41], ids=["2.2", "4.1"])
def test_a_gmsh_file_brings_its_cells_and_the_names_of_its_boundary(text: str) -> None:
    mesh = read(text, "gmsh")
    assert isinstance(mesh, MeshResult), mesh
    assert (mesh.cell_kind, len(mesh.nodes), len(mesh.cells)) == ("triangle", 4, 2)
    assert sizes(mesh).sum() == pytest.approx(1)
    named = mesh.boundary_names.split(", ")
    held = mesh.boundary_facets[mesh.boundary_labels == named.index("held")]
    np.testing.assert_array_equal(np.sort(mesh.nodes[held[0]], axis=0), [[0, 0], [1, 0]])
    assert len(mesh.boundary_facets) == 1  # the line inside is not of the boundary


def test_subdomains_keep_their_names() -> None:
    mesh = read(GMSH, "gmsh")
    assert isinstance(mesh, MeshResult)
    assert mesh.cell_names == "plate"
    np.testing.assert_array_equal(mesh.cell_labels, [0, 0])


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_what_meshio_writes_for_gmsh_is_read(kind: str, binary: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    import meshio

    mesh = box(kind)
    name = {"triangle": "triangle", "quadrilateral": "quad", "tetrahedron": "tetra", "hexahedron": "hexahedron"}[kind]
    nodes = np.pad(mesh.nodes, ((0, 0), (0, 3 - mesh.nodes.shape[1])))
    file = tmp_path_factory.mktemp("mesh") / "mesh.msh"
    meshio.gmsh.write(file, meshio.Mesh(nodes, [(name, mesh.cells)]), "4.1", binary=binary)
    again = read(file.read_bytes(), "gmsh")
    assert isinstance(again, MeshResult), again
    np.testing.assert_allclose(np.sort(sizes(again)), np.sort(sizes(mesh)))
    np.testing.assert_allclose(again.nodes[again.cells].mean(axis=1), mesh.nodes[mesh.cells].mean(axis=1), atol=1e-12)


def test_vtk_and_abaqus_files_are_read() -> None:
    square = read(VTK, "vtk")
    assert isinstance(square, MeshResult), square
    assert (square.cell_kind, len(square.cells)) == ("quadrilateral", 1)
    plate = MeshReader("cpu").run([FILE_SPEC.example()])[0]  # type: ignore[list-item]
    assert isinstance(plate, MeshResult)
    assert (plate.boundary_names, plate.cell_names) == ("held", "plate")


def test_a_mesh_that_was_read_can_be_posed_on() -> None:
    mesh = read(GMSH, "gmsh")
    assert isinstance(mesh, MeshResult)
    fine = made(**own(mesh, refinements=1))
    assert set(mesh_of(MeshTask(**own(fine))).boundaries) == {"held", "boundary", *mesh.boundary_names.split(", ")}  # type: ignore[arg-type]


def test_a_file_whose_cells_do_not_conform_is_refused() -> None:
    nodes = "*NODE\n1, 0, 0\n2, 1, 0\n3, 1, 1\n4, 0, 1\n5, 2, 0\n6, 1, 0.5\n7, 2, 0.5\n8, 2, 1\n"
    hanging = nodes + "*ELEMENT, TYPE=CPS4\n1, 1, 2, 3, 4\n2, 2, 5, 7, 6\n3, 6, 7, 8, 3\n"
    answer = read(hanging, "abaqus")
    assert isinstance(answer, Refusal), answer
    assert (answer.reason, answer.field) == ("MESH_DEGENERATE", "nodes[5]")
    twice = read(hanging.replace("1, 1, 2, 3, 4", "1, 6, 2, 5, 7"), "abaqus")
    assert isinstance(twice, Refusal), twice
    assert twice.reason == "MESH_DEGENERATE"
    assert "same nodes" in twice.message


@pytest.mark.parametrize(
    ("content", "file_format", "says"),
    [
        ("", "gmsh", "0 bytes"),
        ("nonsense", "gmsh", "broken"),
        ("nonsense", "vtk", "broken"),
        ("nonsense", "abaqus", "nothing"),
        (GMSH.replace("2 1 0 0", "2 1 nan 0"), "gmsh", "finite"),
        (GMSH.replace("3 2 2 7 1 1 2 3", "3 2 2 7 1 1 2 8"), "gmsh", "not there"),
        (GMSH.replace("3 1 1 0", "3 1 1 5"), "gmsh", "plane"),
        (GMSH.replace('"held"', '"a,b"'), "gmsh", "without"),
        (GMSH.replace("3 1 1 0", "3 2 0 0"), "gmsh", "flat"),
        (GMSH.replace("4 2 2 7 1 1 3 4", "4 3 2 7 1 1 2 3 4"), "gmsh", "one kind"),
        (GMSH.replace("$Nodes\n5", "$Nodes\n999999999999"), "gmsh", "broken"),
        ("*NODE\n1, 0, 0, 0\n*INCLUDE, INPUT=/etc/passwd\n", "abaqus", "includes"),
        ("*NODE\n1, 0, 0, 0\n* I*NC*LUDE , INPUT=/etc/passwd\n", "abaqus", "includes"),
        ("*NODE\n1, 0, 0, 0\nINCLUDE, INPUT=/etc/passwd\n", "abaqus", "includes"),
    ],
)
def test_a_file_that_holds_no_mesh_is_refused(content: str, file_format: str, says: str) -> None:
    refusal = read(content, file_format)
    assert isinstance(refusal, Refusal)
    assert says in refusal.message
    assert refusal.field.startswith(("content", "cells"))


@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    text, file_format = data.draw(st.sampled_from([(GMSH, "gmsh"), (GMSH_41, "gmsh"), (VTK, "vtk")]))
    raw = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    read(bytes(raw) or b" ", file_format)
