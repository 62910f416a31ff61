"""The whole router over real gRPC, as our own client and a raw one see it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from tritonclient.grpc import service_pb2 as oip

from faraday.client import Client
from faraday.client.evidence import BoundKind
from faraday.client.mesh import triangles
from faraday.client.structured import unit_square
from faraday.v1 import common_pb2, finite_element_pb2
from tests.support.calls import (
    INFER,
    SOLVE,
    Refused,
    call,
    echo_request,
    echoed,
    refused,
    solve_request,
    solved,
    tensor,
)
from tests.support.eventually import until
from tests.support.router import Router, connected, running


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[Router]:
    async with running(tmp_path) as started:
        yield started


# What goes well


async def test_our_own_client_gets_a_field_with_its_bound(router: Router) -> None:
    def ask() -> Any:
        with Client(router.target, token=router.token()) as client:
            assert client.health()
            return client.fem.solve(unit_square(8), source=1.0, dirichlet=0.0)

    field = await asyncio.to_thread(ask)
    assert field.values.shape == (81,)
    assert field.values.max() == pytest.approx(0.0737, rel=0.05)  # -Δu = 1 on the unit square: 0.07367
    assert field.evidence.error_bound.kind is BoundKind.GUARANTEED
    assert len(field.evidence.trace_id) == 32


async def test_a_mesh_of_ones_own_is_taken(router: Router) -> None:
    def ask() -> Any:
        with Client(router.target, token=router.token()) as client:
            mesh = triangles([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [[0, 1, 2]])
            return client.fem.solve(mesh, dirichlet=lambda x, y: x + 2 * y, degree=2)

    field = await asyncio.to_thread(ask)
    assert field.values == pytest.approx(field.points @ [1.0, 2.0])


async def test_an_api_key_is_as_good_as_a_token(router: Router) -> None:
    metadata = (("authorization", f"Bearer {router.api_key}"),)
    reply = await echoed(router, echo_request(2.0), metadata=metadata)
    assert np.frombuffer(reply.raw_output_contents[0]).tolist() == [2.0]


async def test_validate_only_checks_everything_and_computes_nothing(router: Router) -> None:
    response = await solved(router, validate_only=True)
    assert response.evidence.outcome == common_pb2.OUTCOME_VALIDATED
    assert response.solution.data == b""
    assert router.replicas["fem.diffusion"].queue.in_flight == 0
    assert router.statistics.of("fem.diffusion").succeeded == 0
    wrong = solve_request(validate_only=True)
    wrong.diffusion.conductivity.CopyFrom(tensor([-1.0]))
    assert (await refused(router, SOLVE, wrong.SerializeToString())).field == "diffusion.conductivity[0]"


async def test_a_repeat_gets_the_first_answer(router: Router) -> None:
    request_id = str(uuid.uuid4())
    first, second = [await solved(router, request_id=request_id) for _ in range(2)]
    assert [first.evidence.replayed, second.evidence.replayed] == [False, True]
    assert first.solution == second.solution
    assert first.evidence.trace_id != second.evidence.trace_id
    assert router.statistics.of("fem.diffusion").succeeded == 1
    other = solve_request(5, request_id=request_id).SerializeToString()
    assert (await refused(router, SOLVE, other)).reason == "REQUEST_ID_REUSED"


async def test_every_answer_is_counted(router: Router) -> None:
    await solved(router)
    await refused(router, SOLVE, b"\xff")
    counted = router.statistics.of("fem.diffusion")
    assert (counted.succeeded, counted.failed) == (1, 0)
    assert router.counted("faraday_model_inferences_total", model="fem.diffusion") == 1
    assert router.counted("faraday_router_rejections_total", reason="MALFORMED_REQUEST") == 1
    assert router.counted("faraday_router_calls_in_flight") == 0


async def test_the_trace_that_comes_along_is_continued(router: Router) -> None:
    trace_id, span_id = "a" * 32, "b" * 16
    metadata = (*router.metadata(), ("traceparent", f"00-{trace_id}-{span_id}-01"), ("tracestate", "x=1"))
    await echoed(router, echo_request(), metadata=metadata)
    (span,) = router.spans.recorded
    assert (span.trace_id, span.parent_id, span.state, span.name) == (trace_id, span_id, "x=1", INFER[1:])


# Health and reflection


def health_stub(channel: grpc.aio.Channel) -> Any:
    return health_pb2_grpc.HealthStub(channel)


async def test_health_is_for_anybody_and_knows_its_services(router: Router) -> None:
    async with connected(router) as channel:
        stub = health_stub(channel)
        for service in ("", "faraday.v1.FiniteElementService", "grpc.health.v1.Health"):
            reply = await stub.Check(health_pb2.HealthCheckRequest(service=service))
            assert reply.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Check(health_pb2.HealthCheckRequest(service="nobody"))
        assert Refused(caught.value).reason == "UNKNOWN_SERVICE"
        async for reply in stub.Watch(health_pb2.HealthCheckRequest(service="nobody")):
            assert reply.status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
            break


async def test_who_watches_is_told_of_each_change(router: Router) -> None:
    async with connected(router) as channel:
        watch = health_stub(channel).Watch(health_pb2.HealthCheckRequest())
        seen = [(await watch.read()).status]
        for serving in (False, True):
            router.health.set_serving(serving)
            seen.append((await watch.read()).status)
        watch.cancel()
    kinds = health_pb2.HealthCheckResponse
    assert seen == [kinds.SERVING, kinds.NOT_SERVING, kinds.SERVING]


async def test_a_watch_without_a_message_is_malformed(router: Router) -> None:
    async with connected(router) as channel:
        watch = channel.stream_stream("/grpc.health.v1.Health/Watch")()
        await watch.done_writing()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await watch.read()
        assert Refused(caught.value).reason == "MALFORMED_REQUEST"


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_tells_the_services_and_their_files(router: Router, version: str) -> None:
    method = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="faraday.v1.FiniteElementService"),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="nobody"),
    ]
    async with connected(router) as channel:
        stream = channel.stream_stream(method)(request.SerializeToString() for request in requests)
        replies = [reflection_pb2.ServerReflectionResponse.FromString(reply) async for reply in stream]
    names = [service.name for service in replies[0].list_services_response.service]
    assert {"faraday.v1.FiniteElementService", "inference.GRPCInferenceService", "grpc.health.v1.Health"} <= set(names)
    assert b"SolveRequest" in replies[1].file_descriptor_response.file_descriptor_proto[0]
    assert replies[2].error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


async def test_reflection_refuses_what_is_no_request(router: Router) -> None:
    async with connected(router) as channel:
        stream = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")(iter([b"\xff"]))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
        assert Refused(caught.value).reason == "MALFORMED_REQUEST"


# The end


async def test_a_drain_says_so_takes_nothing_new_and_finishes_what_is_in_flight(router: Router) -> None:
    router.echo.gate.clear()
    async with connected(router) as channel:
        watch = health_stub(channel).Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        infer = channel.unary_unary(INFER)
        before = asyncio.ensure_future(infer(echo_request(5.0).SerializeToString(), metadata=router.metadata()))
        await until(lambda: router.replicas["echo"].server.in_flight)

        ready = "/inference.GRPCInferenceService/ServerReady"
        assert oip.ServerReadyResponse.FromString(await call(router, ready, b"", metadata=())).ready
        drained = asyncio.create_task(router.server.drain())
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert not oip.ServerReadyResponse.FromString(await channel.unary_unary(ready)(b"")).ready
        assert await watch.read() is grpc.aio.EOF
        assert await until_refused(router) is grpc.StatusCode.UNAVAILABLE
        assert not drained.done()

        router.echo.gate.set()
        reply = oip.ModelInferResponse.FromString(await before)
        assert np.frombuffer(reply.raw_output_contents[0]).tolist() == [5.0]
        async with asyncio.timeout(5.0):
            await drained


async def until_refused(router: Router) -> grpc.StatusCode:
    """Ask on new connections until one is not taken: what arrives in the first moments of a drain still is."""
    request = finite_element_pb2.SolveRequest().SerializeToString()
    while True:
        try:
            await call(router, SOLVE, request)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.INVALID_ARGUMENT:
                code: grpc.StatusCode = error.code()
                return code
        await asyncio.sleep(0.05)  # longer than the drain waits for one more


async def test_a_port_that_is_taken_is_an_os_error(router: Router) -> None:
    taken = replace(router.served, host="192.0.2.1", port=1)  # nobody's address: TEST-NET-1
    with pytest.raises((OSError, RuntimeError)):
        await router.server_on(taken).start()
