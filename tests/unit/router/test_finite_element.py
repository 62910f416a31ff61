"""FiniteElementService over real gRPC: streams, derivatives, meshes that are kept, and the list of problems."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from faraday.v1 import common_pb2, finite_element_pb2_grpc
from faraday.v1 import finite_element_pb2 as pb
from models.base import Array
from models.catalog import CATALOG
from models.fem.mesh import unit_square
from router.call import Principal, Role
from router.finite_element import SERVICE, FiniteElementService
from tests.support import asking
from tests.support.calls import reason_and_field
from tests.support.router import ADA, AUDITOR, SPECS, Router, RouterOptions, connected, running
from tests.unit.router.codec.finite_element.asking import array, solve_request, tensor, tensors_of

MAYO = Principal("bob", "mayo", frozenset({Role.ANALYST}))
SQUARE = unit_square(4, 4)
LEFT = np.flatnonzero(SQUARE.nodes[:, 0] == 0)


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[Router]:
    specs = {name: SPECS[name] for name in ("fem.diffusion", "fem.diffusion.gradient", "fem.elasticity")}
    async with running(tmp_path, RouterOptions(specs=specs)) as started:
        yield started


class Asking(asking.Asking):
    @staticmethod
    def stub(channel: grpc.aio.Channel) -> Any:
        return finite_element_pb2_grpc.FiniteElementServiceStub(channel)

    def batch(self, requests: AsyncIterator[pb.SolveBatchRequest]) -> Any:
        return self.streamed("SolveBatch", requests)


@pytest.fixture
async def ask(router: Router) -> AsyncIterator[Asking]:
    async with connected(router) as channel:
        yield Asking(router, channel, ADA)


def on_square(request: Any, conductivity: float = 1.0, source: float = 1.0) -> Any:
    request.mesh.unit_square.CopyFrom(pb.UnitSquare(x_count=4, y_count=4))
    request.diffusion.conductivity.CopyFrom(tensor([conductivity]))
    request.diffusion.source.CopyFrom(tensor([source]))
    request.diffusion.dirichlet_points.CopyFrom(tensor(LEFT, "int64"))
    request.diffusion.dirichlet_values.CopyFrom(tensor(np.zeros(len(LEFT))))
    return request


def cells(nodes: Array = SQUARE.nodes, of: Array = SQUARE.cells) -> pb.Cells:
    return pb.Cells(nodes=tensor(nodes), cells=tensor(of, "int64"))


def test_every_method_of_the_contract_is_served() -> None:
    served = FiniteElementService({}, None, None, None).rpcs()  # type: ignore[arg-type]
    methods = pb.DESCRIPTOR.services_by_name["FiniteElementService"].methods
    assert {rpc.method for rpc in served} == {f"/{SERVICE}/{method.name}" for method in methods}
    assert {rpc.role for rpc in served} == {Role.ANALYST}


async def test_another_role_may_not_ask(router: Router) -> None:
    async with connected(router) as channel:
        auditor = Asking(router, channel, AUDITOR)
        code, reason, _ = await auditor.refused("ListProblems", pb.ListProblemsRequest())
    assert (code, reason) == ("PERMISSION_DENIED", "ROLE_MISSING")


# Problems


async def test_elasticity_is_solved_with_all_that_it_returns(ask: Asking) -> None:
    task = CATALOG["fem.elasticity"].example()
    response = await ask("Solve", solve_request("elasticity", task))
    arrays = tensors_of(response)
    assert arrays["solution"].shape == arrays["points"].shape
    assert arrays["solution"][:, 1].min() < 0  # it sags under its weight
    assert {"stress", "reaction", "cell_estimate"} <= arrays.keys()
    assert response.evidence.error_bound.kind == common_pb2.BOUND_KIND_ESTIMATED


async def test_problems_are_listed_page_by_page(ask: Asking) -> None:
    whole = await ask("ListProblems", pb.ListProblemsRequest())
    names = [problem.name for problem in whole.problems]
    assert names == sorted(names)
    assert {"diffusion", "elasticity"} <= set(names)
    pages, token = [], ""
    while True:
        page = await ask("ListProblems", pb.ListProblemsRequest(page_size=1, page_token=token))
        pages += page.problems
        token = page.next_page_token
        if not token:
            break
    assert pages == list(whole.problems)
    found = {field.name: field for field in whole.problems[names.index("diffusion")].inputs}
    assert list(found["conductivity"].paths) == ["diffusion.conductivity"]
    assert found["conductivity"].required and not found["source"].required
    assert (found["degree"].default_value, list(found["degree"].choices)) == ("1", ["1", "2"])
    assert await ask.refused("ListProblems", pb.ListProblemsRequest(page_size=-1)) == (
        "INVALID_ARGUMENT",
        "MALFORMED_REQUEST",
        "page_size",
    )


async def test_what_is_not_served_is_not_listed(tmp_path: Path) -> None:
    specs = {name: CATALOG[name] for name in ("fem.elasticity",)}
    async with running(tmp_path, RouterOptions(specs=specs)) as router, connected(router) as channel:
        ask = Asking(router, channel, ADA)
        response = await ask("ListProblems", pb.ListProblemsRequest())
        assert [problem.name for problem in response.problems] == ["elasticity"]
        assert (await ask.refused("Solve", on_square(pb.SolveRequest())))[:2] == ("NOT_FOUND", "UNKNOWN_MODEL")


# A stream


async def test_a_stream_answers_in_order_and_goes_on_after_a_failure(ask: Asking) -> None:
    async def requests() -> AsyncIterator[pb.SolveBatchRequest]:
        for number in range(30):
            conductivity = -1.0 if number == 7 else 1.0 + number
            yield pb.SolveBatchRequest(request=on_square(pb.SolveRequest(), conductivity))

    answers = [answer async for answer in ask.batch(requests())]
    assert [answer.WhichOneof("outcome") for answer in answers] == ["response"] * 7 + ["error"] + ["response"] * 22
    highest = [array(answer.response.solution).max() for answer in answers if answer.HasField("response")]
    scaled = [value * (1 + number) for value, number in zip(highest, [*range(7), *range(8, 30)], strict=True)]
    np.testing.assert_allclose(scaled, highest[0], rtol=1e-12)  # u is 1/k times that of k = 1
    error = answers[7].error
    assert error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert reason_and_field(error) == ("NOT_POSITIVE", "diffusion.conductivity[0]")


async def test_a_stream_reports_a_refusal_of_the_model_too(ask: Asking) -> None:
    inner = on_square(pb.SolveRequest())
    inner.diffusion.dirichlet_points.CopyFrom(tensor([0, 5, 6], "int64"))
    inner.diffusion.dirichlet_values.CopyFrom(tensor(np.zeros(3)))

    async def requests() -> AsyncIterator[pb.SolveBatchRequest]:
        yield pb.SolveBatchRequest(request=inner)
        yield pb.SolveBatchRequest()

    first, second = [answer async for answer in ask.batch(requests())]
    assert reason_and_field(first.error) == ("NOT_BOUNDARY", "diffusion.dirichlet_points[2]")
    assert reason_and_field(second.error) == ("MALFORMED_REQUEST", "problem")


# Derivatives


async def test_a_derivative_and_its_functional_agree_with_differences(ask: Asking) -> None:
    weights = np.random.default_rng(0).standard_normal(25)
    direction = np.random.default_rng(1).standard_normal(32)

    def request(kind: Any, conductivity: Array) -> Any:
        made = on_square(kind())
        made.diffusion.conductivity.CopyFrom(tensor(conductivity))
        made.functional.cotangent.CopyFrom(tensor(weights))
        return made

    async def value(step: float) -> float:
        made = request(pb.EvaluateFunctionalRequest, 1 + step * direction)
        return float((await ask("EvaluateFunctional", made)).value)

    made = request(pb.DifferentiateRequest, np.ones(32))
    made.diffusion_tangent.conductivity_tangent.CopyFrom(tensor(direction))
    response = await ask("Differentiate", made)
    gradient = {each.name: array(each.tensor) for each in response.gradients}["conductivity"]
    slope = float(gradient @ direction)
    assert weights @ array(response.solution_tangent) == pytest.approx(slope, rel=1e-11)
    assert (await value(1e-5) - await value(-1e-5)) / 2e-5 == pytest.approx(slope, rel=1e-7)
    assert response.value == await value(0.0)
    assert response.evidence.residual < 1e-12


async def test_a_session_is_answered_as_if_there_were_none(ask: Asking) -> None:
    made = on_square(pb.DifferentiateRequest())
    made.functional.cotangent.CopyFrom(tensor(np.ones(25)))
    alone = await ask("Differentiate", made)
    made.session = str(uuid.uuid4())
    for _ in range(2):
        again = await ask("Differentiate", made)
        np.testing.assert_allclose(array(again.solution), array(alone.solution), rtol=1e-12)
    made.session = "guessed"
    assert await ask.refused("Differentiate", made) == ("INVALID_ARGUMENT", "NOT_A_UUID", "session")


async def test_so_is_a_solve(ask: Asking) -> None:
    made = on_square(pb.SolveRequest())
    alone = await ask("Solve", made)
    made.session = str(uuid.uuid4())
    for _ in range(2):
        again = await ask("Solve", made)
        np.testing.assert_allclose(array(again.solution), array(alone.solution), rtol=1e-12)
    made.session = "guessed"
    assert await ask.refused("Solve", made) == ("INVALID_ARGUMENT", "NOT_A_UUID", "session")


async def test_nothing_to_differentiate_is_refused(ask: Asking) -> None:
    refusal = await ask.refused("Differentiate", on_square(pb.DifferentiateRequest()))
    assert refusal == ("INVALID_ARGUMENT", "MISSING_TENSOR", "functional.cotangent")


async def test_a_repeat_gets_the_first_answer_of_its_method_only(ask: Asking) -> None:
    options = common_pb2.RequestOptions(request_id=str(uuid.uuid4()))
    made = on_square(pb.DifferentiateRequest(options=options))
    made.functional.cotangent.CopyFrom(tensor(np.ones(25)))
    assert not (await ask("Differentiate", made)).evidence.replayed
    assert (await ask("Differentiate", made)).evidence.replayed
    same_bytes = pb.SolveRequest.FromString(made.SerializeToString())
    assert (await ask.refused("Solve", same_bytes))[1] == "REQUEST_ID_REUSED"


async def test_a_dry_run_computes_no_derivative(ask: Asking) -> None:
    made = on_square(pb.DifferentiateRequest(options=common_pb2.RequestOptions(validate_only=True)))
    made.functional.cotangent.CopyFrom(tensor(np.ones(25)))
    response = await ask("Differentiate", made)
    assert [field.name for field, _ in response.ListFields()] == ["evidence"]


# Meshes


async def test_a_mesh_is_sent_once_and_then_named(ask: Asking) -> None:
    stored = (await ask("CreateMesh", pb.CreateMeshRequest(cells=cells()))).mesh
    assert (stored.cell_kind, stored.node_count, stored.cell_count) == ("triangle", 25, 32)
    assert (await ask("CreateMesh", pb.CreateMeshRequest(cells=cells()))).mesh == stored
    got = await ask("GetMesh", pb.GetMeshRequest(mesh_id=stored.mesh_id))
    assert (got.mesh, got.HasField("cells")) == (stored, False)
    got = await ask("GetMesh", pb.GetMeshRequest(mesh_id=stored.mesh_id, include_content=True))
    assert got.cells == cells()

    named, whole = on_square(pb.SolveRequest()), on_square(pb.SolveRequest())
    named.mesh.mesh_id = stored.mesh_id
    whole.mesh.cells.CopyFrom(cells())
    answers = [await ask("Solve", request) for request in (named, whole)]
    assert answers[0].solution == answers[1].solution
    assert answers[0].cells == answers[1].cells


async def test_a_mesh_is_its_tenant_s_own(router: Router, ask: Asking) -> None:
    mesh_id = (await ask("CreateMesh", pb.CreateMeshRequest(cells=cells()))).mesh.mesh_id
    unknown = ("NOT_FOUND", "UNKNOWN_MESH", "")
    async with connected(router) as channel:
        other = Asking(router, channel, MAYO)
        assert await other.refused("GetMesh", pb.GetMeshRequest(mesh_id=mesh_id)) == unknown
        made = on_square(pb.SolveRequest())
        made.mesh.mesh_id = mesh_id
        assert await other.refused("Solve", made) == unknown
        colleague = Asking(router, channel, Principal("eva", "charite", frozenset({Role.ANALYST})))
        assert (await colleague("GetMesh", pb.GetMeshRequest(mesh_id=mesh_id))).mesh.node_count == 25


async def test_a_mesh_that_is_none_is_refused_and_not_kept(router: Router, ask: Asking) -> None:
    folded = SQUARE.nodes.copy()
    folded[6] = (0.9, 0.9)
    refused = await ask.refused("CreateMesh", pb.CreateMeshRequest(cells=cells(folded)))
    assert refused[:2] == ("INVALID_ARGUMENT", "MESH_DEGENERATE")
    assert refused[2].startswith("cells.cells[")
    refused = await ask.refused("CreateMesh", pb.CreateMeshRequest(cells=cells(np.full((25, 2), np.nan))))
    assert refused == ("INVALID_ARGUMENT", "NOT_FINITE", "cells.nodes[0, 0]")
    refused = await ask.refused("CreateMesh", pb.CreateMeshRequest())
    assert refused == ("INVALID_ARGUMENT", "MISSING_TENSOR", "cells.nodes")
    assert not (router.folder / "meshes").exists()


async def test_a_dry_run_of_an_upload_says_the_name_and_keeps_nothing(router: Router, ask: Asking) -> None:
    options = common_pb2.RequestOptions(validate_only=True)
    stored = (await ask("CreateMesh", pb.CreateMeshRequest(options=options, cells=cells()))).mesh
    unknown = ("NOT_FOUND", "UNKNOWN_MESH", "")
    assert await ask.refused("GetMesh", pb.GetMeshRequest(mesh_id=stored.mesh_id)) == unknown
    assert (await ask("CreateMesh", pb.CreateMeshRequest(cells=cells()))).mesh == stored


@pytest.mark.parametrize("mesh_id", ["", "../../ledger", "A" * 64])
async def test_a_name_that_is_none_is_malformed(ask: Asking, mesh_id: str) -> None:
    made = on_square(pb.SolveRequest())
    made.mesh.mesh_id = mesh_id
    assert await ask.refused("Solve", made) == ("INVALID_ARGUMENT", "MALFORMED_REQUEST", "mesh.mesh_id")
    refused = await ask.refused("GetMesh", pb.GetMeshRequest(mesh_id=mesh_id))
    assert refused == ("INVALID_ARGUMENT", "MALFORMED_REQUEST", "mesh_id")


async def test_a_mesh_has_to_fit_into_the_tenant_s_room(tmp_path: Path) -> None:
    async with (
        running(tmp_path, RouterOptions(specs={"echo": SPECS["echo"]}, mesh_bytes=4096)) as router,
        connected(router) as channel,
    ):
        ask = Asking(router, channel, ADA)
        large = unit_square(20, 20)
        refused = await ask.refused("CreateMesh", pb.CreateMeshRequest(cells=cells(large.nodes, large.cells)))
        assert refused[:2] == ("RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE")


async def test_many_meshes_at_once_are_checked_in_turn_or_asked_to_come_back(ask: Asking) -> None:
    async def create(number: int) -> str:
        try:
            nodes = SQUARE.nodes * (1 + number)
            return str((await ask("CreateMesh", pb.CreateMeshRequest(cells=cells(nodes)))).mesh.cell_kind)
        except grpc.aio.AioRpcError as error:
            return error.code().name

    ends = await asyncio.gather(*map(create, range(40)))
    assert set(ends) <= {"triangle", "UNAVAILABLE"}
    assert ends.count("triangle") >= 1
