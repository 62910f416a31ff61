"""Long-running operations over gRPC: a real server, a real inverse problem, and every way to look after it."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from google.longrunning import operations_pb2
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2

from faraday.v1 import common_pb2, finite_element_pb2
from faraday.v1 import operations_pb2 as pb
from models.fem.inverse import InverseSolver
from models.fem.inverse_task import SPEC as INVERSE
from models.fem.inverse_task import InverseResult, InverseTask
from router.call import Principal, Role
from router.operations.contract import Limits
from router.status import DETAILS_KEY
from tests.conformance.operations.examples import operation
from tests.support.counting import SPEC as COUNTING
from tests.support.counting import Counting
from tests.support.counting_codec import METHOD, CountingCodec
from tests.support.router import ADA, AUDITOR, SPECS, Router, RouterOptions, connected, running

OPTIMIZE = "/faraday.v1.FiniteElementService/Optimize"
WATCH = "/faraday.v1.OperationService/WatchOperation"
LONG_RUNNING = "/google.longrunning.Operations/"
BOB = Principal("bob", "charite", frozenset({Role.ANALYST}))
CHIEF = Principal("chief", "charite", frozenset({Role.ADMIN}))
EVE = Principal("eve", "elsewhere", frozenset({Role.ANALYST, Role.ADMIN}))


def tensor(values: Any, dtype: str = "float64") -> common_pb2.Tensor:
    array = np.asarray(values, dtype)
    kind = {"float64": common_pb2.Tensor.D_TYPE_FLOAT64, "int64": common_pb2.Tensor.D_TYPE_INT64}[dtype]
    return common_pb2.Tensor(dtype=kind, shape=array.shape, data=array.tobytes())


def inverse(**options: Any) -> finite_element_pb2.OptimizeRequest:
    """The example of the inverse model, as a request."""
    task = INVERSE.example()
    assert isinstance(task, InverseTask)
    problem = finite_element_pb2.DiffusionInverse(
        conductivity=tensor(task.conductivity),
        source=tensor(task.source),
        dirichlet_points=tensor(task.dirichlet_points, "int64"),
        dirichlet_values=tensor(task.dirichlet_values),
        measured_points=tensor(task.measured_points, "int64"),
        measured_values=tensor(task.measured_values),
        measured_deviations=tensor(task.measured_deviations),
        patches=tensor(task.patches, "int64"),
    )
    square = finite_element_pb2.Mesh(unit_square=finite_element_pb2.UnitSquare(x_count=4, y_count=4))
    request = finite_element_pb2.SolveRequest(
        options=common_pb2.RequestOptions(**options), mesh=square, diffusion_inverse=problem
    )
    return finite_element_pb2.OptimizeRequest(request=request)


class House:
    """A router that serves a model which counts as slowly as it is let, and a caller of it."""

    def __init__(self, router: Router, model: Counting) -> None:
        self.router = router
        self.model = model
        self._at = 0

    async def call(self, method: str, message: Any, principal: Principal = ADA, timeout_s: float = 10.0) -> bytes:
        async with connected(self.router) as channel:
            rpc = channel.unary_unary(method)
            metadata = self.router.metadata(principal)
            reply: bytes = await rpc(message.SerializeToString(), metadata=metadata, timeout=timeout_s)
            return reply

    async def refused(self, method: str, message: Any, principal: Principal = ADA) -> tuple[str, str, str]:
        """(code, reason, field)"""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.call(method, message, principal)
        packed = next(value for key, value in caught.value.trailing_metadata() if key == DETAILS_KEY)
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        for detail in status_pb2.Status.FromString(packed).details:
            detail.Unpack(info)
            detail.Unpack(bad)
        field = next((violation.field for violation in bad.field_violations), "")
        return caught.value.code().name, info.reason, field

    async def count(self, steps: int = 4, **how: Any) -> str:
        """Start an operation that counts; its name."""
        self._at += 1
        now = time.time()
        how = {"method": METHOD, "created": now, "expires": now + 60.0} | how
        made, _ = await self.router.operations.create(operation(self._at, **how), str(steps).encode())
        self.router.runner.look()
        return f"operations/{made.id}"

    async def optimize(self, request: Any, principal: Principal = ADA) -> Any:
        return operations_pb2.Operation.FromString(await self.call(OPTIMIZE, request, principal))

    async def get(self, name: str, principal: Principal = ADA) -> Any:
        request = operations_pb2.GetOperationRequest(name=name)
        return operations_pb2.Operation.FromString(await self.call(LONG_RUNNING + "GetOperation", request, principal))

    async def wait(self, name: str, timeout_s: float | None = None, call_s: float = 10.0) -> Any:
        request = operations_pb2.WaitOperationRequest(name=name)
        if timeout_s is not None:
            request.timeout.CopyFrom(Duration(nanos=int(timeout_s * 1e9)))
        reply = await self.call(LONG_RUNNING + "WaitOperation", request, timeout_s=call_s)
        return operations_pb2.Operation.FromString(reply)

    async def list(self, principal: Principal = ADA, **asked: Any) -> Any:
        request = operations_pb2.ListOperationsRequest(**asked)
        reply = await self.call(LONG_RUNNING + "ListOperations", request, principal)
        return operations_pb2.ListOperationsResponse.FromString(reply)

    async def watch(self, channel: Any, name: str) -> AsyncIterator[Any]:
        rpc = channel.unary_stream(WATCH)
        request = pb.WatchOperationRequest(name=name).SerializeToString()
        async for reply in rpc(request, metadata=self.router.metadata(), timeout=10.0):
            yield pb.WatchOperationResponse.FromString(reply).operation


def metadata(operation: Any) -> pb.OperationMetadata:
    found = pb.OperationMetadata()
    assert operation.metadata.Unpack(found)
    return found


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    model = Counting()
    options = RouterOptions(
        specs={**SPECS, COUNTING.name: COUNTING},
        models={COUNTING.name: model},
        operation_codecs={METHOD: CountingCodec(), **RouterOptions().operation_codecs},
        operation_limits=Limits(unfinished=3),
    )
    async with running(tmp_path, options) as router:
        yield House(router, model)
        model.permit(1000)


async def test_an_inverse_problem_is_solved_as_an_operation_as_it_is_in_one_call(house: House) -> None:
    started = await house.optimize(inverse())
    assert not started.done
    assert metadata(started).model == "fem.diffusion.inverse"
    ended = await house.wait(started.name)
    assert ended.done
    found = finite_element_pb2.OptimizeResponse()
    assert ended.response.Unpack(found)
    (wanted,) = InverseSolver("cpu").run([INVERSE.example()])  # type: ignore[list-item]  # an InverseTask
    assert isinstance(wanted, InverseResult)
    outputs = {output.name: np.frombuffer(output.tensor.data) for output in found.response.outputs}
    u = np.frombuffer(found.response.solution.data)
    np.testing.assert_array_equal(u, wanted.u)
    np.testing.assert_array_equal(outputs["conductivity"], wanted.conductivity)
    assert found.response.evidence.method == wanted.evidence.method
    assert len(found.response.evidence.trace_id) == 32
    told = metadata(ended)
    assert (told.state, told.method) == (pb.OperationMetadata.STATE_SUCCEEDED, OPTIMIZE)
    assert told.step_count == len(wanted.objective) - 1
    assert told.scalars["objective"] == wanted.objective[-1]
    assert not told.HasField("fraction")
    assert told.create_time.ToSeconds() <= told.end_time.ToSeconds() <= told.expire_time.ToSeconds()
    labels = {"model": "fem.diffusion.inverse", "how": "succeeded"}
    assert house.router.counted("faraday_operations_total", **labels) == 1


async def test_a_request_id_names_one_operation(house: House) -> None:
    request = inverse(request_id=str(uuid.uuid4()))
    first = await house.optimize(request)
    again = await house.optimize(request)
    assert again.name == first.name
    ended = await house.wait(first.name)
    assert (await house.optimize(request)) == ended
    request.request.diffusion_inverse.steps = 7
    assert (await house.refused(OPTIMIZE, request))[:2] == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")
    assert (await house.optimize(request, BOB)).name != first.name


async def test_validate_only_checks_and_starts_nothing(house: House) -> None:
    checked = await house.optimize(inverse(validate_only=True))
    assert (checked.name, checked.done) == ("", True)
    found = finite_element_pb2.OptimizeResponse()
    assert checked.response.Unpack(found)
    assert found.response.evidence.outcome == common_pb2.OUTCOME_VALIDATED
    assert list((await house.list()).operations) == []
    wrong = inverse(validate_only=True)
    wrong.request.diffusion_inverse.tolerance = 5.0
    assert await house.refused(OPTIMIZE, wrong) == (
        "INVALID_ARGUMENT",
        "OUT_OF_RANGE",
        "diffusion_inverse.tolerance",
    )


async def test_what_cannot_be_an_operation_is_refused(house: House) -> None:
    plain = inverse()
    plain.request.diffusion.CopyFrom(
        finite_element_pb2.Diffusion(
            conductivity=tensor([1.0]),
            source=tensor([1.0]),
            dirichlet_points=tensor(range(5), "int64"),
            dirichlet_values=tensor(np.zeros(5)),
        )
    )
    assert await house.refused(OPTIMIZE, plain) == ("INVALID_ARGUMENT", "NOT_STEPPED", "problem")
    late = inverse()
    late.request.options.deadline.FromSeconds(1)
    assert (await house.refused(OPTIMIZE, late))[:2] == ("DEADLINE_EXCEEDED", "DEADLINE_PASSED")
    odd = inverse(request_id="seven")
    assert await house.refused(OPTIMIZE, odd) == ("INVALID_ARGUMENT", "MALFORMED_REQUEST", "options.request_id")
    assert (await house.refused(OPTIMIZE, inverse(), AUDITOR))[:2] == ("PERMISSION_DENIED", "ROLE_MISSING")


async def test_a_refusal_of_the_model_s_is_the_operation_s_error(house: House) -> None:
    wrong = inverse()
    wrong.request.diffusion_inverse.measured_values.CopyFrom(tensor([1e200, 0.0]))
    ended = await house.wait((await house.optimize(wrong)).name)
    assert ended.error.code == code_pb2.INVALID_ARGUMENT
    bad = error_details_pb2.BadRequest()
    assert ended.error.details[1].Unpack(bad)
    assert bad.field_violations[0].field == "diffusion_inverse.conductivity"
    assert metadata(ended).state == pb.OperationMetadata.STATE_FAILED


async def test_a_mesh_that_is_kept_may_go_once_the_operation_has_begun(house: House) -> None:
    nodes = tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.5, 0.5]])
    cells = tensor([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]], "int64")
    mesh = finite_element_pb2.CreateMeshRequest(cells=finite_element_pb2.Cells(nodes=nodes, cells=cells))
    kept = await house.call("/faraday.v1.FiniteElementService/CreateMesh", mesh)
    request = inverse()
    request.request.mesh.mesh_id = finite_element_pb2.CreateMeshResponse.FromString(kept).mesh.mesh_id
    problem = request.request.diffusion_inverse
    problem.dirichlet_points.CopyFrom(tensor([0, 1], "int64"))
    problem.dirichlet_values.CopyFrom(tensor([0.0, 0.0]))
    problem.measured_points.CopyFrom(tensor([3, 4], "int64"))
    problem.patches.CopyFrom(tensor([0, 0, 1, 1], "int64"))
    started = await house.optimize(request)  # whoever takes it up has no meshes at all
    assert (await house.wait(started.name)).WhichOneof("result") == "response"


async def test_who_watches_is_told_of_every_change_until_the_end(house: House) -> None:
    name = await house.count(3)
    seen: list[Any] = []
    async with connected(house.router) as channel:
        async for told in house.watch(channel, name):
            seen.append(told)
            if metadata(told).state == pb.OperationMetadata.STATE_RUNNING:
                house.model.permit(1)
    steps = [metadata(told).step_count for told in seen]
    assert steps == sorted(steps)
    assert steps[-1] == 3
    assert {1, 2} <= set(steps)
    assert [told.done for told in seen] == [False] * (len(seen) - 1) + [True]
    assert seen[-1].response.value == b"6"
    middle = next(metadata(told) for told in seen if metadata(told).step_count == 2)
    assert (middle.fraction, middle.message, dict(middle.scalars)) == (2 / 3, "at 3", {"total": 3.0})
    assert seen[-1] == await house.get(name)


async def test_waiting_ends_with_its_own_timeout_or_the_call_s_deadline(house: House) -> None:
    name = await house.count()
    assert not (await house.wait(name, timeout_s=0.05)).done
    assert not (await house.wait(name, call_s=0.5)).done
    house.model.permit(4)
    assert (await house.wait(name)).response.value == b"10"


async def test_a_cancelled_operation_says_so(house: House) -> None:
    name = await house.count(1000)
    house.model.permit(2)
    await house.call(LONG_RUNNING + "CancelOperation", operations_pb2.CancelOperationRequest(name=name))
    ended = await house.wait(name)
    assert (ended.error.code, metadata(ended).state) == (code_pb2.CANCELLED, pb.OperationMetadata.STATE_CANCELLED)
    info = error_details_pb2.ErrorInfo()
    assert ended.error.details[0].Unpack(info)
    assert (info.reason, dict(info.metadata)) == ("OPERATION_CANCELLED", {"operation": name})
    house.model.permit(1)


async def test_only_what_has_ended_is_deleted(house: House) -> None:
    name = await house.count()
    deletion = operations_pb2.DeleteOperationRequest(name=name)
    code, reason, _ = await house.refused(LONG_RUNNING + "DeleteOperation", deletion)
    assert (code, reason) == ("FAILED_PRECONDITION", "OPERATION_RUNNING")
    house.model.permit(4)
    await house.wait(name)
    await house.call(LONG_RUNNING + "DeleteOperation", deletion)
    get = operations_pb2.GetOperationRequest(name=name)
    assert (await house.refused(LONG_RUNNING + "GetOperation", get))[:2] == ("NOT_FOUND", "UNKNOWN_OPERATION")


async def test_operations_are_listed_page_by_page_newest_first(house: House) -> None:
    names = [await house.count() for _ in range(2)]
    house.model.permit(8)
    for name in names:
        await house.wait(name)
    names.append(await house.count())
    first = await house.list(page_size=2)
    assert [each.name for each in first.operations] == [names[2], names[1]]
    second = await house.list(page_size=2, page_token=first.next_page_token)
    assert ([each.name for each in second.operations], second.next_page_token) == ([names[0]], "")
    done = await house.list(name="operations", filter="done = true")
    assert [each.name for each in done.operations] == [names[1], names[0]]
    assert [each.done for each in (await house.list(filter="done=false")).operations] == [False]


async def test_another_s_operation_does_not_exist(house: House) -> None:
    name = await house.count()
    for method, request in (
        ("GetOperation", operations_pb2.GetOperationRequest(name=name)),
        ("WaitOperation", operations_pb2.WaitOperationRequest(name=name)),
        ("CancelOperation", operations_pb2.CancelOperationRequest(name=name)),
        ("DeleteOperation", operations_pb2.DeleteOperationRequest(name=name)),
    ):
        for stranger in (BOB, EVE):
            told = await house.refused(LONG_RUNNING + method, request, stranger)
            assert told[:2] == ("NOT_FOUND", "UNKNOWN_OPERATION")
    for stranger in (BOB, EVE):
        assert list((await house.list(stranger)).operations) == []
    assert (await house.get(name, CHIEF)).name == name
    assert [each.name for each in (await house.list(CHIEF)).operations] == [name]


async def test_a_tenant_has_so_many_under_way_and_no_more(house: House) -> None:
    for _ in range(3):
        await house.count()
    code, reason, _ = await house.refused(OPTIMIZE, inverse(), BOB)
    assert (code, reason) == ("RESOURCE_EXHAUSTED", "TOO_MANY_OPERATIONS")
    await house.optimize(inverse(), EVE)


@pytest.mark.parametrize(
    ("method", "request_", "field"),
    [
        ("GetOperation", operations_pb2.GetOperationRequest(name="7"), "name"),
        ("GetOperation", operations_pb2.GetOperationRequest(name="operations/../x"), "name"),
        ("ListOperations", operations_pb2.ListOperationsRequest(name="tenants/1"), "name"),
        ("ListOperations", operations_pb2.ListOperationsRequest(filter="metadata.model = x"), "filter"),
        ("ListOperations", operations_pb2.ListOperationsRequest(page_size=-1), "page_size"),
        ("ListOperations", operations_pb2.ListOperationsRequest(page_size=1001), "page_size"),
        ("ListOperations", operations_pb2.ListOperationsRequest(page_token="x"), "page_token"),
    ],
)
async def test_a_malformed_request_is_told_its_field(house: House, method: str, request_: Any, field: str) -> None:
    told = await house.refused(LONG_RUNNING + method, request_)
    assert told == ("INVALID_ARGUMENT", "MALFORMED_REQUEST", field)


async def test_a_watch_without_a_message_is_malformed(house: House) -> None:
    async with connected(house.router) as channel:
        watch = channel.stream_stream(WATCH)(metadata=house.router.metadata(), timeout=5.0)
        await watch.done_writing()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await watch.read()
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_who_watches_or_waits_when_the_router_stops_is_sent_elsewhere(house: House) -> None:
    name = await house.count()
    async with connected(house.router) as channel:
        watching = house.watch(channel, name)
        assert not (await anext(watching)).done
        waiting = asyncio.create_task(house.wait(name))
        await asyncio.sleep(0.05)
        house.router.health.drain()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async for _ in watching:
                pass
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert not (await waiting).done
