"""CreateMesh of files and refinements, and Export, over real gRPC: what a mesh file holds is solved on and drawn."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import meshio
import numpy as np
import pytest

from faraday.v1 import common_pb2
from faraday.v1 import finite_element_pb2 as pb
from models.base import Array
from tests.support.router import ADA, SPECS, Router, RouterOptions, connected, running
from tests.unit.router.codec.finite_element.asking import array, tensor
from tests.unit.router.test_finite_element import SQUARE, Asking, cells

# Two triangles of two subdomains, their left edge named.
PLATE = b"""*NODE
1, 0.0, 0.0
2, 1.0, 0.0
3, 1.0, 1.0
4, 0.0, 1.0
*ELEMENT, TYPE=CPS3, ELSET=steel
1, 1, 2, 3
*ELEMENT, TYPE=CPS3, ELSET=rubber
2, 1, 3, 4
*ELEMENT, TYPE=T2D2, ELSET=held
3, 4, 1
"""
VALIDATE = common_pb2.RequestOptions(validate_only=True)


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[Router]:
    specs = {name: SPECS[name] for name in ("fem.mesh", "fem.mesh.file", "fem.export", "fem.transport")}
    async with running(tmp_path, RouterOptions(specs=specs)) as started:
        yield started


@pytest.fixture
async def ask(router: Router) -> AsyncIterator[Asking]:
    async with connected(router) as channel:
        yield Asking(router, channel, ADA)


def of_file(content: bytes = PLATE, file_format: str = "abaqus") -> pb.CreateMeshRequest:
    return pb.CreateMeshRequest(file=pb.MeshFile(content=content, file_format=file_format))


def of_shape(shape: str, divisions: list[int], refinements: int = 0) -> pb.CreateMeshRequest:
    structured = pb.Structured(shape=shape, divisions=tensor(divisions, "int64"))
    return pb.CreateMeshRequest(refined=pb.RefinedMesh(mesh=pb.Mesh(structured=structured), refinements=refinements))


# Files


async def test_a_file_is_read_kept_and_solved_on(ask: Asking) -> None:
    made = await ask("CreateMesh", of_file())
    assert (made.mesh.cell_kind, made.mesh.node_count, made.mesh.cell_count) == ("triangle", 4, 2)
    assert list(made.mesh.boundary_names) == ["held"]
    assert [made.cell_names[label] for label in array(made.cell_labels)] == ["steel", "rubber"]
    assert array(made.quality).shape == (2,)
    assert made.evidence.model == "fem.mesh.file"
    problem = pb.Transport(diffusivity=tensor([1.0]), conditions="held: u = 3")
    solved = await ask("Solve", pb.SolveRequest(mesh=pb.Mesh(mesh_id=made.mesh.mesh_id), transport=problem))
    np.testing.assert_allclose(array(solved.solution), 3.0, rtol=1e-12)


async def test_what_is_read_is_the_mesh_that_is_sent(ask: Asking) -> None:
    made = await ask("CreateMesh", of_file())
    assert (await ask("CreateMesh", of_file())).mesh == made.mesh
    got = await ask("GetMesh", pb.GetMeshRequest(mesh_id=made.mesh.mesh_id, include_content=True))
    assert (await ask("CreateMesh", pb.CreateMeshRequest(cells=got.cells))).mesh == made.mesh


async def test_a_file_that_is_none_is_refused_where_it_is(ask: Asking) -> None:
    refused = await ask.refused("CreateMesh", of_file(b"*NODE\n1, 0, 0\n"))
    assert refused == ("INVALID_ARGUMENT", "MALFORMED_FILE", "file.content")
    refused = await ask.refused("CreateMesh", of_file(b""))
    assert refused == ("INVALID_ARGUMENT", "MISSING_TENSOR", "file.content")
    refused = await ask.refused("CreateMesh", of_file(file_format="stl"))
    assert refused == ("INVALID_ARGUMENT", "UNKNOWN_CHOICE", "file.file_format")


async def test_a_file_and_a_mesh_are_one_too_many(ask: Asking) -> None:
    both = pb.CreateMeshRequest(cells=cells(), file=of_file().file)
    assert await ask.refused("CreateMesh", both) == ("INVALID_ARGUMENT", "MESH_AMBIGUOUS", "cells")


async def test_cells_over_each_other_are_no_mesh_from_a_file_either(ask: Asking) -> None:
    over = PLATE.replace(b"2, 1, 3, 4", b"2, 1, 2, 4")
    code, reason, field = await ask.refused("CreateMesh", of_file(over))
    assert (code, reason) == ("INVALID_ARGUMENT", "MESH_DEGENERATE")
    assert field.startswith("file")


# Refinements


async def test_a_shape_is_made_with_its_named_boundary(ask: Asking) -> None:
    made = await ask("CreateMesh", of_shape("l_shape", [1], refinements=1))
    assert (made.mesh.cell_count, list(made.mesh.boundary_names)) == (24, ["reentrant", "outer"])
    assert np.bincount(array(made.cell_labels)).tolist() == [4] * 6  # each of the six was cut into four


async def test_a_mesh_that_is_kept_is_refined_where_it_is_marked(ask: Asking) -> None:
    mesh_id = (await ask("CreateMesh", pb.CreateMeshRequest(cells=cells()))).mesh.mesh_id
    refined = pb.RefinedMesh(mesh=pb.Mesh(mesh_id=mesh_id), marked=tensor([0], "int64"))
    made = await ask("CreateMesh", pb.CreateMeshRequest(refined=refined))
    assert len(SQUARE.cells) < made.mesh.cell_count < 2 * len(SQUARE.cells)
    assert np.bincount(array(made.cell_labels))[0] > 1


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (of_shape("square", [4]), "WRONG_SIZE", "refined.mesh.structured.divisions"),
        (of_shape("square", [4, 4], refinements=13), "OUT_OF_RANGE", "refined.refinements"),
        (pb.CreateMeshRequest(refined=pb.RefinedMesh()), "MISSING_TENSOR", "refined.mesh.unit_square"),
    ],
)
async def test_a_refusal_names_the_field(ask: Asking, request_: pb.CreateMeshRequest, reason: str, field: str) -> None:
    assert await ask.refused("CreateMesh", request_) == ("INVALID_ARGUMENT", reason, field)


async def test_what_only_the_model_sees_is_spelt_likewise(ask: Asking) -> None:
    folded = SQUARE.nodes.copy()
    folded[6] = (0.9, 0.9)
    request = pb.CreateMeshRequest(refined=pb.RefinedMesh(mesh=pb.Mesh(cells=cells(folded))))
    code, reason, field = await ask.refused("CreateMesh", request)
    assert (code, reason) == ("INVALID_ARGUMENT", "MESH_DEGENERATE")
    assert field.startswith("refined")


async def test_an_unknown_mesh_is_not_refined(ask: Asking) -> None:
    request = pb.CreateMeshRequest(refined=pb.RefinedMesh(mesh=pb.Mesh(mesh_id="0" * 64)))
    assert await ask.refused("CreateMesh", request) == ("NOT_FOUND", "UNKNOWN_MESH", "")


@pytest.mark.parametrize("request_", [of_file(), of_shape("square", [2, 2])], ids=["file", "shape"])
async def test_a_dry_run_makes_nothing(router: Router, ask: Asking, request_: pb.CreateMeshRequest) -> None:
    dry = pb.CreateMeshRequest()
    dry.CopyFrom(request_)
    dry.options.CopyFrom(VALIDATE)
    response = await ask("CreateMesh", dry)
    assert [field.name for field, _ in response.ListFields()] == ["evidence"]
    assert not (router.folder / "meshes").exists()


# Export


def field_request(file_format: str, values: Array) -> pb.ExportRequest:
    return pb.ExportRequest(
        file_format=file_format,
        points=tensor(SQUARE.nodes),
        cells=tensor(SQUARE.cells, "int64"),
        values=tensor(values),
        cell_values=tensor(np.arange(len(SQUARE.cells))),
    )


async def test_a_field_comes_back_from_its_file(ask: Asking, tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal(len(SQUARE.nodes))
    response = await ask("Export", field_request("vtu", values))
    (tmp_path / "u.vtu").write_bytes(response.content)
    found = meshio.read(tmp_path / "u.vtu")
    np.testing.assert_array_equal(found.point_data["u"], values)
    np.testing.assert_array_equal(found.cell_data["error"][0], np.arange(len(SQUARE.cells)))
    assert response.evidence.model == "fem.export"


async def test_a_field_is_drawn(ask: Asking) -> None:
    response = await ask("Export", field_request("png", SQUARE.nodes[:, 0]))
    assert io.BytesIO(response.content).read(8) == b"\x89PNG\r\n\x1a\n"


async def test_what_cannot_be_written_is_refused_where_it_is(ask: Asking) -> None:
    refused = await ask.refused("Export", field_request("vtu", np.zeros(3)))
    assert refused == ("INVALID_ARGUMENT", "WRONG_SHAPE", "values")
    refused = await ask.refused("Export", field_request("pdf", SQUARE.nodes[:, 0]))
    assert refused == ("INVALID_ARGUMENT", "UNKNOWN_CHOICE", "file_format")
    dry = field_request("vtu", SQUARE.nodes[:, 0])
    dry.options.CopyFrom(VALIDATE)
    assert not (await ask("Export", dry)).content


async def test_a_repeat_of_an_export_gets_the_first_file(ask: Asking) -> None:
    request = field_request("vtu", SQUARE.nodes[:, 0])
    request.options.request_id = "7f1f2f0a-0d5e-4c59-9d0f-8f7f6f5f4f3f"
    first, again = [await ask("Export", request) for _ in range(2)]
    assert (again.content, again.evidence.replayed) == (first.content, True)
