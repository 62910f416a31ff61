"""Abuse of HTTP/2 against the real server, while a good client keeps calling: each of its calls must be answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from tritonclient.grpc import service_pb2 as pb

from router.edge import EdgeLimits
from router.rate import RUNAWAY_LOOPS
from router.server import ConnectionLimits
from tests.support.eventually import until
from tests.support.hostile import Enemy, enemy
from tests.support.router import ADA, Router, RouterOptions, connected, running

EVE = replace(ADA, subject="eve")  # with a good token, and a rate of her own
INFER = "/inference.GRPCInferenceService/ModelInfer"
LIMITS = RouterOptions(
    edge=EdgeLimits(body_timeout_s=1.0),
    connections=ConnectionLimits(handshake_timeout_s=1.0, idle_timeout_s=2.0, ping_interval_s=5.0),
)
PATIENCE_S = 20.0  # many times what our limits allow, few of what gRPC's own do
ENOUGH = 20  # answers that the good client gets during an attack


@dataclass
class GoodClient:
    """Calls one after another. Every call is answered, or the test fails."""

    seconds: list[float] = field(default_factory=list)

    async def call(self, router: Router) -> None:
        request = pb.ModelInferRequest(model_name="echo")
        request.inputs.add(name="x", datatype="FP64", shape=[1])
        request.raw_input_contents.append(np.ones(1).tobytes())
        async with connected(router) as channel:
            infer = channel.unary_unary(INFER)
            while True:
                started = time.monotonic()
                await infer(request.SerializeToString(), metadata=router.metadata(), timeout=10.0)
                self.seconds.append(time.monotonic() - started)
                await asyncio.sleep(0.005)


@asynccontextmanager
async def good_client(router: Router) -> AsyncIterator[GoodClient]:
    """One that is not starved while the block lasts."""
    client = GoodClient()
    calling = asyncio.create_task(client.call(router))
    await until(lambda: client.seconds or calling.done())
    before = len(client.seconds)
    try:
        yield client
        await until(lambda: len(client.seconds) >= before + ENOUGH or calling.done(), timeout_s=20.0)
        assert not calling.done(), "the good client was refused"
    finally:
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[Router]:
    async with running(tmp_path, LIMITS) as started:
        yield started


@asynccontextmanager
async def enemies(router: Router, count: int) -> AsyncIterator[list[Enemy]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(enemy(router.port)) for _ in range(count)]


async def test_connections_that_say_nothing_are_closed(router: Router) -> None:
    async with good_client(router), enemies(router, 50) as silent:
        await asyncio.gather(*(each.closed(PATIENCE_S) for each in silent))


async def test_connections_that_say_hello_and_no_more_are_closed(router: Router) -> None:
    async with good_client(router), enemies(router, 50) as idle:
        for each in idle:
            await each.greet()
        await asyncio.gather(*(each.closed(PATIENCE_S) for each in idle))


async def test_what_is_not_http_2_is_closed(router: Router) -> None:
    async with good_client(router), enemies(router, 10) as strangers:
        for each in strangers:
            each.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
            await each.flush()
        await asyncio.gather(*(each.closed(PATIENCE_S) for each in strangers))


async def test_half_sent_bodies_end_in_time_and_starve_nobody(router: Router) -> None:
    """30 connections with 100 half-open calls each: gRPC's own count of calls would let nobody else in."""
    metadata = router.metadata(EVE)
    async with good_client(router), enemies(router, 30) as half:
        for each in half:
            await each.greet()
            for _ in range(100):
                each.half_body(each.call(INFER, metadata))
            await each.flush()
        ended = await asyncio.gather(*(each.trailers(100, 15.0) for each in half))
        assert ended == [100] * 30
    late, hasty = (
        router.counted("faraday_router_rejections_total", reason=reason) for reason in ("BODY_TIMEOUT", "RATE_LIMITED")
    )
    assert late >= RUNAWAY_LOOPS.burst
    assert late + hasty == 3000
    await until(lambda: router.counted("faraday_router_calls_in_flight") == 0)


async def test_half_open_calls_of_strangers_end_at_once(router: Router) -> None:
    async with good_client(router), enemies(router, 5) as half:
        for each in half:
            await each.greet()
            for _ in range(100):
                each.half_body(each.call(INFER))
            await each.flush()
        assert await asyncio.gather(*(each.trailers(100, PATIENCE_S) for each in half)) == [100] * 5


async def test_rapid_resets_starve_nobody(router: Router) -> None:
    """CVE-2023-44487: calls that are begun and reset at once."""
    metadata = router.metadata(EVE)
    async with good_client(router), enemies(router, 4) as hasty:
        for each in hasty:
            await each.greet()
        for _ in range(50):
            for each in hasty:
                for _ in range(50):
                    each.reset(each.call(INFER, metadata))
                await each.flush()
    await until(lambda: router.counted("faraday_router_calls_in_flight") == 0, timeout_s=10.0)


async def test_a_flood_of_pings_is_told_to_calm_down(router: Router) -> None:
    async with good_client(router), enemies(router, 10) as noisy:
        for each in noisy:
            await each.greet()
            each.pings(200)
            await each.flush()
        for said in await asyncio.gather(*(each.closed(PATIENCE_S) for each in noisy)):
            assert said is not None
            assert (said.error_code, said.additional_data) == (11, b"too_many_pings")  # ENHANCE_YOUR_CALM


async def test_huge_metadata_is_refused(router: Router) -> None:
    async with good_client(router), enemies(router, 5) as wordy:
        for each in wordy:
            await each.greet()
            for _ in range(20):
                each.call(INFER, [*router.metadata(EVE), *((f"x-{at}", "y" * 1000) for at in range(15))])
            await each.flush()
        ended = await asyncio.gather(*(each.trailers(20, PATIENCE_S) for each in wordy))
        assert ended == [20] * 5


async def test_headers_that_never_end_are_no_call_and_their_connection_is_idle(router: Router) -> None:
    """CVE-2024-27316, a flood of CONTINUATION frames: what is over the limit of metadata is not even kept."""
    async with good_client(router), enemies(router, 4) as endless:
        for each in endless:
            await each.greet()
            stream = each.call(INFER, router.metadata(EVE), end_headers=False)
            for _ in range(500):
                each.continuation(stream, b"\x00\x01x\x64" + b"y" * 100)  # one more header in HPACK: x: yyy…
            await each.flush()
        await asyncio.gather(*(each.closed(PATIENCE_S) for each in endless))


async def test_more_streams_than_the_limit_wait_or_are_refused(tmp_path: Path) -> None:
    options = RouterOptions(connections=ConnectionLimits(streams=4))
    async with running(tmp_path, options) as router, enemies(router, 1) as (greedy,), good_client(router):
        router_calls = "faraday_router_calls_in_flight"
        await greedy.greet()
        for _ in range(100):
            greedy.call(INFER, router.metadata(EVE))
        await greedy.flush()
        await asyncio.sleep(0.2)
        assert router.counted(router_calls) <= 4 + 1  # and the good one's
