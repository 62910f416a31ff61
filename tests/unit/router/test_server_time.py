"""Deadlines over real gRPC: what comes too late, and what is given up."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from router.edge import EdgeLimits
from tests.support.calls import (
    INFER,
    SOLVE,
    Refused,
    call,
    echo_request,
    refused,
    solve_request,
)
from tests.support.eventually import until
from tests.support.hostile import enemy
from tests.support.router import Router, RouterOptions, connected, running


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[Router]:
    async with running(tmp_path) as started:
        yield started


async def test_a_call_that_arrives_without_time_starts_nothing(router: Router) -> None:
    async with enemy(router.port) as late:  # no client of good manners sends it
        await late.greet()
        stream = late.call(SOLVE, [*router.metadata(), ("grpc-timeout", "1n")])
        late.half_body(stream)
        assert await late.trailers(1, timeout_s=5.0) == 1
    assert router.statistics.of("fem.diffusion").failed == 0


async def test_a_deadline_that_has_passed_starts_nothing(router: Router) -> None:
    late = solve_request()
    late.options.deadline.FromSeconds(int(time.time()) - 60)
    error = await refused(router, SOLVE, late.SerializeToString())
    assert (error.code, error.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_PASSED")
    assert router.statistics.of("fem.diffusion").failed == 0


async def test_the_deadline_of_the_message_ends_the_wait_of_a_call_without_one(router: Router) -> None:
    router.echo.gate.clear()  # nothing else would end it
    request = echo_request(timeout=30_000)  # microseconds
    error = await refused(router, INFER, request.SerializeToString())
    assert error.reason == "DEADLINE_PASSED"
    router.echo.gate.set()


async def test_a_call_that_its_deadline_ends_is_counted_as_such(router: Router) -> None:
    request = echo_request(wait_s=0.3).SerializeToString()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(router, INFER, request, timeout_s=0.1)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await until(lambda: router.counted("faraday_router_calls_in_flight") == 0)
    codes = [span.attributes["rpc.response.status_code"] for span in router.spans.recorded if span.attributes]
    assert codes == ["DEADLINE_EXCEEDED"]


async def test_a_call_that_is_given_up_is_taken_off_the_replica(router: Router) -> None:
    router.echo.gate.clear()
    async with connected(router) as channel:
        infer = channel.unary_unary(INFER)
        calls = [infer(echo_request().SerializeToString(), metadata=router.metadata()) for _ in range(2)]
        await until(lambda: router.replicas["echo"].server.in_flight == 2)
        calls[1].cancel()
        await until(lambda: router.replicas["echo"].server.in_flight == 1)
        router.echo.gate.set()
        await calls[0]


async def test_the_default_time_ends_a_call_that_brings_none(tmp_path: Path) -> None:
    async with running(tmp_path, RouterOptions(edge=EdgeLimits(default_timeout_s=0.05))) as router:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(router, INFER, echo_request(wait_s=0.3).SerializeToString(), timeout_s=None)
        assert Refused(caught.value).reason == "DEADLINE_PASSED"
