"""Servers of `tests.unit.client.scripted`, started and stopped; and one whole router, for what takes real answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent import futures

import grpc
import pytest
from grpc_health.v1 import health_pb2_grpc

from faraday.client import Client, Retry, Settings
from faraday.v1 import finite_element_pb2_grpc
from tests.support.router import SPECS, Router, RouterOptions
from tests.support.serving import serving
from tests.unit.client.scripted import FakeTime, Scripted, Solve, answer

StartServer = Callable[..., tuple[Scripted, str]]
Serve = Callable[..., tuple[Scripted, Client]]


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def server() -> Iterator[StartServer]:
    """Start a server with a script; returns it and its target."""
    started: list[grpc.Server] = []

    def start(*script: Solve) -> tuple[Scripted, str]:
        servicer = Scripted(list(script) or [answer])
        made = grpc.server(futures.ThreadPoolExecutor(8))
        finite_element_pb2_grpc.add_FiniteElementServiceServicer_to_server(servicer, made)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, made)
        target = f"127.0.0.1:{made.add_insecure_port('127.0.0.1:0')}"
        made.start()
        started.append(made)
        return servicer, target

    yield start
    for made in started:
        made.stop(None).wait()


@pytest.fixture
def serve(server: StartServer, fake_time: FakeTime) -> Iterator[Serve]:
    """Start a server with a script; returns it and a client whose pauses cost no time."""
    clients: list[Client] = []

    def start(*script: Solve) -> tuple[Scripted, Client]:
        servicer, target = server(*script)
        settings = Settings(retry=Retry(rng=random.Random(7)), clock=fake_time.clock)
        clients.append(Client(target, token="t0ken", settings=settings))
        return servicer, clients[-1]

    yield start
    for client in clients:
        client.close()


MODELS = (
    *("diffusion", "diffusion.certify", "diffusion.gradient", "diffusion.inverse"),
    *("elasticity", "navier_stokes", "transport"),
)


@pytest.fixture(scope="session")
def router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    """With some finite element models of each kind: all of them would take seconds to start."""
    specs = {f"fem.{name}": SPECS[f"fem.{name}"] for name in MODELS}
    with serving(tmp_path_factory.mktemp("router"), RouterOptions(specs=specs)) as started:
        yield started


@pytest.fixture
def live(router: Router) -> Iterator[Client]:
    """A client of it."""
    with Client(router.target, token=router.token()) as client:
        yield client
