"""The generators against a real server: the echo that is also a peer. No figure is held to anything."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import grpc.aio
import pytest

from ops.bench import grpc_load, h2load, identity
from ops.bench.contract import BenchFailed
from ops.bench.grpc_load import GrpcLoad
from ops.bench.h2load import H2load
from ops.bench.load import METHOD, Address, Generator, Load
from ops.bench.processes import Command, Server
from ops.bench.router_targets import PEERS, free_ports

LOAD = Load(identity.message(1024), reply_bytes=1024, connections=2, streams=2, seconds=1.0)
needs_h2load = pytest.mark.skipif(not h2load.installed(), reason=f"h2load is missing; {h2load.INSTALL}")


@pytest.fixture
async def echo() -> AsyncIterator[Address]:
    """In this process: sends back what it gets."""

    class Methods(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
            async def answer(request: bytes, context: object) -> bytes:
                return request

            return grpc.unary_unary_rpc_method_handler(answer) if details.method == METHOD else None

    server = grpc.aio.server(handlers=[Methods()])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield Address(port)
    await server.stop(None)


@pytest.mark.bench
@pytest.mark.parametrize("generator", [pytest.param(H2load(), marks=needs_h2load), GrpcLoad()], ids=["h2load", "grpc"])
async def test_a_generator_measures_a_server(generator: Generator, echo: Address) -> None:
    found = await asyncio.to_thread(generator.run, echo, LOAD)
    assert found.calls > 0
    assert found.per_second > 0
    assert 0 < found.p50_ms <= found.p99_ms


@pytest.mark.bench
@pytest.mark.parametrize("generator", [pytest.param(H2load(), marks=needs_h2load), GrpcLoad()], ids=["h2load", "grpc"])
async def test_a_generator_takes_no_short_answer_for_a_full_one(generator: Generator, echo: Address) -> None:
    greedy = replace(LOAD, reply_bytes=len(LOAD.message) + 100, seconds=0.2)
    with pytest.raises(BenchFailed):
        await asyncio.to_thread(generator.run, echo, greedy)


async def test_our_own_generator_counts_every_call(echo: Address) -> None:
    found = await grpc_load.put(echo, replace(LOAD, seconds=0.1))
    assert found.calls >= LOAD.in_flight


async def test_our_own_generator_sends_the_token(echo: Address) -> None:
    found = await grpc_load.put(replace(echo, token="a-token"), replace(LOAD, seconds=0.05))
    assert found.calls > 0


def test_the_echo_peer_answers_as_the_protocol_wants(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    command = Command((sys.executable, str(PEERS / "grpc_echo.py"), str(port)), dict(os.environ))
    server = Server(command, tmp_path)
    try:
        identity.wait_until_answered(Address(port), 20.0, server.check)
        identity.verify(Address(port), sizes=(1024, 1 << 20))
    finally:
        server.stop()
