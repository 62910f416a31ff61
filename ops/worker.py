"""A router worker's process: the one path, put together from settings, on the port that all workers share."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import random
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop
from google.protobuf import descriptor_pool
from prometheus_client import CollectorRegistry

from cluster.certificates import Certificate
from cluster.dispatch import watch
from cluster.placement import Plane
from cluster.tracing import configure
from ops import cluster_options, logs, processes, readiness, router_options
from ops.accounts import open_ledger
from ops.audit_files import AuditFiles
from ops.settings import Settings
from ops.state import StateFolder
from router import reflection, tracing
from router.admission import Admission
from router.artefact_access import ArtefactAccess
from router.auth import Authenticator
from router.candidates import Candidates
from router.codec.open_inference import InferCodec
from router.edge import Edge
from router.endpoints import ModelDispatcher, update_all
from router.finite_element import SERVICE as FINITE_ELEMENT
from router.finite_element import FiniteElementService
from router.finite_element import operations as finite_element_operations
from router.health import SERVICE as HEALTH
from router.health import Health
from router.mesh_files import MeshFiles
from router.metrics import RouterMetrics
from router.metrics_endpoint import serve_metrics
from router.neural_operator import SERVICE as NEURAL_OPERATOR
from router.neural_operator import NeuralOperatorService
from router.neural_operator import operations as neural_operator_operations
from router.open_inference import SERVICE as OPEN_INFERENCE
from router.open_inference import OpenInference
from router.operations.runner import Runner
from router.operations.service import LONG_RUNNING, OperationService
from router.operations.service import SERVICE as OPERATION
from router.operations.sqlite import open_operations
from router.operations.starting import Starter
from router.operations.store import OperationStore
from router.operator_registry import OperatorRegistry
from router.pipeline import Pipeline, size_of
from router.pricing import Pricing
from router.privacy_service import SERVICE as PRIVACY
from router.privacy_service import PrivacyService
from router.private_answers import PrivateAnswers
from router.rate import RateLimiter
from router.rate_table import RateTable
from router.released_answers import SqliteAnswers
from router.replay import Replays
from router.rpcs import Rpc
from router.server import RouterServer
from router.statistics import Statistics
from router.upstream import Upstream

log = logging.getLogger(__name__)
SERVICES = (FINITE_ELEMENT, NEURAL_OPERATOR, OPEN_INFERENCE, PRIVACY, OPERATION, LONG_RUNNING)
_TRACES_GRACE_S = 2.0


async def serve(settings: Settings, state: StateFolder, index: int, port: int, ready: Callable[[], None]) -> None:
    """Serve until cancelled; then drain."""
    specs = cluster_options.served(settings)
    registry = CollectorRegistry()
    health = Health(SERVICES)
    statistics = Statistics(state.statistics, list(specs), index, settings.server.workers)
    recorder = configure(cluster_options.tracing_options(settings, "router", f"{socket.gethostname()}-{index}"))
    metrics = RouterMetrics(registry, index, _methods(), specs)
    wake = _Waker(state.wake_socket)
    tls = Certificate.read(state.certificate).client_context() if settings.plane == Plane.TLS.value else None
    dispatchers = {
        spec.name: ModelDispatcher(spec, wake, tls, random.Random(), metrics.count_retry)
        for spec, _ in cluster_options.placements(settings)
    }
    upstreams = {name: Upstream(specs[name], each) for name, each in router_options.upstreams(settings).items()}
    ledger = await open_ledger(settings, state)
    trail = await AuditFiles(state.root).open(time.time(), os.urandom)
    pricing = Pricing(ledger, router_options.epsilon_per_answer(settings))
    released = SqliteAnswers(state.released_answers)
    artefacts = cluster_options.artefacts(settings, state)
    access = ArtefactAccess(artefacts)
    pipeline = Pipeline(
        specs,
        {**dispatchers, **upstreams},
        Admission(router_options.admission_limits(settings), time.monotonic),
        Replays(router_options.replay_limits(settings), size_of),
        statistics,
        metrics,
        upstreams,
        PrivateAnswers(ledger, pricing, released, trail, f"{socket.gethostname()}-{index}"),
        access,
    )
    codec = InferCodec(specs, time.time)
    open_inference = OpenInference(
        specs, pipeline, codec, statistics, upstreams, lambda: health.serving, cluster_options.VERSION
    )
    operations = OperationStore(await open_operations(state.operations), router_options.operation_limits(settings))
    stepped = {name: dispatcher for name, dispatcher in dispatchers.items() if specs[name].stepped}
    holder = f"{socket.gethostname()}-{index}-{os.urandom(8).hex()}"
    runner_options = router_options.runner_options(settings, holder)
    codecs = {**finite_element_operations(), **neural_operator_operations()}
    runner = Runner(operations, codecs, specs, stepped, metrics, runner_options)
    ours = {name: specs[name] for name in dispatchers}
    starter = Starter(ours, operations, runner.look, settings.operations.max_duration_s, access)
    meshes = MeshFiles(state.meshes, settings.meshes.max_bytes_per_tenant, time.time)
    rpcs: list[Rpc] = FiniteElementService(specs, pipeline, meshes, starter).rpcs()
    operators, candidates = OperatorRegistry(artefacts, access), Candidates(artefacts, access)
    rpcs += NeuralOperatorService(pipeline, operators, starter, candidates).rpcs()
    rpcs += OperationService(operations, lambda: health.serving).rpcs()
    rpcs += [*open_inference.rpcs(), *health.rpcs()]
    rpcs += PrivacyService(ledger, trail).rpcs()
    if settings.server.reflection:
        rpcs += reflection.rpcs([*SERVICES, HEALTH])
    edge = Edge(
        router_options.server_options(settings, port).edge,
        Authenticator(router_options.auth_options(settings, state)),
        RateLimiter(router_options.rate_options(settings), RateTable(state.rate_table), settings.server.workers),
        tracing.Entrance(settings.telemetry.sampling_ratio),
        tracing.ServerSpans(recorder, time.monotonic),
        metrics,
        random.random,
    )
    server = RouterServer(router_options.server_options(settings, port), edge, rpcs, health)
    async with (
        serve_metrics(state.metrics_socket(index), registry),
        _background(watch(state.table, lambda table: update_all(dispatchers, table))),
        _background(_count_replicas(dispatchers, metrics)),
        _background(_check(upstreams)),
    ):
        await server.start()
        gc.collect()
        gc.freeze()  # what is there now stays: the collector need not look at it again and again
        ready()
        try:
            async with _background(runner.run()):
                try:
                    await asyncio.Event().wait()
                finally:
                    await server.drain()
        finally:
            for dispatcher in dispatchers.values():
                await dispatcher.close()
            for upstream in upstreams.values():
                await upstream.close()
            await operations.close()
            await ledger.close()
            await trail.close(time.time())
            await released.close()
            recorder.close(_TRACES_GRACE_S)


def _methods() -> list[str]:
    """The paths of all methods that metrics may name."""
    pool = descriptor_pool.Default()
    services = [pool.FindServiceByName(name) for name in (*SERVICES, HEALTH)]
    named = [f"/{service.full_name}/{method.name}" for service in services for method in service.methods]
    return [*named, *(f"/{name}/ServerReflectionInfo" for name in reflection.SERVICES)]


async def _check(upstreams: Mapping[str, Upstream]) -> None:
    for upstream in upstreams.values():
        await upstream.check()


async def _count_replicas(dispatchers: Mapping[str, ModelDispatcher], metrics: RouterMetrics) -> None:
    while True:
        for model, dispatcher in dispatchers.items():
            metrics.set_replicas(model, dispatcher.replica_count)
        await asyncio.sleep(1.0)


@asynccontextmanager
async def _background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """`work` goes on for as long as the block; its failure ends the block, and with it this worker."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        yield
        task.cancel()


class _Waker:
    """Asks the controller to wake a model: a datagram, sent and forgotten; whoever waits asks again."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def __call__(self, model: str) -> None:
        try:
            self._socket.sendto(model.encode(), self._path)
        except OSError as error:
            log.debug("cannot reach the controller to wake %s: %s", model, error)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ops.worker")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--index", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ready-fd", type=int, required=True)
    arguments = parser.parse_args()
    processes.end_with_parent()
    state = StateFolder(arguments.state)
    settings = Settings.model_validate_json(state.settings.read_text())
    role = f"worker-{arguments.index}"
    logs.configure(settings.telemetry.log_level, logs.Format(settings.telemetry.log_format), role)
    uvloop.run(_main(settings, state, arguments))


async def _main(settings: Settings, state: StateFolder, arguments: argparse.Namespace) -> None:
    tell = readiness.teller(arguments.ready_fd)
    serving = asyncio.create_task(serve(settings, state, arguments.index, arguments.port, lambda: tell("ready")))
    asked_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_end.set)
    ending = asyncio.create_task(asked_to_end.wait())
    await asyncio.wait([serving, ending], return_when=asyncio.FIRST_COMPLETED)
    serving.cancel()  # once: a second signal must not cut off the calls that are finishing
    with contextlib.suppress(asyncio.CancelledError):
        await serving


if __name__ == "__main__":
    main()
