"""A whole router in the test's own process: the real server, edge, pipeline and data plane, on a port of its own.

What it lacks of the real thing is Ray: replicas are `tests.support.replicas`, and nothing sleeps or scales.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import grpc
from prometheus_client import CollectorRegistry

from cluster.artefact_files import ArtefactFiles
from cluster.shipped_artefacts import WithShipped
from cluster.tracing import Span
from models.base import Model, Result, Spec, Task
from models.catalog import CATALOG
from router import finite_element, neural_operator, open_inference, reflection, tracing
from router.admission import Admission, AdmissionLimits
from router.api_key_file import create_api_key
from router.artefact_access import ArtefactAccess
from router.audit.trail import MemoryTrail
from router.auth import Authenticator, AuthOptions, CertificateGrant
from router.call import Principal, Role
from router.candidates import Candidates
from router.codec.contract import OperationCodec
from router.codec.open_inference import InferCodec
from router.edge import Edge, EdgeLimits
from router.endpoints import ModelDispatcher
from router.finite_element import FiniteElementService
from router.health import SERVICE as HEALTH
from router.health import Health
from router.ledgers.memory import MemoryBooks, MemoryLedger
from router.mesh_files import MeshFiles
from router.metrics import RouterMetrics
from router.minting import mint, read_signing_key, write_signing_key
from router.neural_operator import NeuralOperatorService
from router.open_inference import OpenInference
from router.operations.contract import Limits
from router.operations.memory import MemoryBooks as MemoryOperations
from router.operations.memory import MemoryTransactions
from router.operations.runner import Runner, RunnerOptions
from router.operations.running import Pace
from router.operations.service import OperationService
from router.operations.starting import Starter
from router.operations.store import OperationStore
from router.operator_registry import OperatorRegistry
from router.pipeline import Pipeline, size_of
from router.pricing import Pricing
from router.privacy_service import PrivacyService
from router.private_answers import PrivateAnswers
from router.rate import RateLimiter, RateOptions
from router.rate_table import RateTable, create_rate_table
from router.released_answers import SqliteAnswers
from router.replay import ReplayLimits, Replays
from router.rpcs import Rpc
from router.server import ConnectionLimits, RouterServer, ServerOptions
from router.statistics import Statistics
from router.tls import TlsOptions
from router.tokens import TokenOptions
from router.upstream import Upstream, UpstreamOptions
from tests.support import echo
from tests.support.replicas import NODE, LocalReplica, settled

ADA = Principal("ada", "charite", frozenset({Role.ANALYST}))
AUDITOR = Principal("max", "charite", frozenset({Role.AUDITOR}))
ISSUER, AUDIENCE = "faraday", "cluster"
SERVICES = (finite_element.SERVICE, neural_operator.SERVICE, open_inference.SERVICE)
SPECS: Mapping[str, Spec] = {spec.name: spec for spec in (echo.SPEC, *CATALOG.values())}


@dataclass(frozen=True)
class RouterOptions:
    """What a test may want otherwise."""

    specs: Mapping[str, Spec] = field(default_factory=lambda: SPECS)
    edge: EdgeLimits = EdgeLimits()
    connections: ConnectionLimits = ConnectionLimits()
    rate: RateOptions = RateOptions()
    admission: AdmissionLimits = AdmissionLimits()
    tls: TlsOptions | None = None
    certificates: tuple[CertificateGrant, ...] = ()
    upstreams: Mapping[str, UpstreamOptions] = field(default_factory=dict)
    extra: Sequence[Rpc] = ()
    drain_timeout_s: float = 10.0
    epsilon_per_answer: Mapping[str, float] = field(default_factory=dict)
    mesh_bytes: int = 1 << 20
    models: Mapping[str, Model[Any, Any]] = field(default_factory=dict)  # in place of what their specs would load
    operation_limits: Limits = Limits()
    operation_codecs: Mapping[str, OperationCodec] = field(
        default_factory=lambda: {**finite_element.operations(), **neural_operator.operations()}
    )


class Spans:
    """Keeps every span that is recorded."""

    def __init__(self) -> None:
        self.recorded: list[Span] = []

    def record(self, span: Span) -> None:
        self.recorded.append(span)

    def close(self, timeout_s: float) -> None:
        pass


class Router:
    """One router worker with everything that a test looks at."""

    def __init__(self, folder: Path, options: RouterOptions, upstreams: Mapping[str, Upstream]) -> None:
        self.folder = folder
        public = write_signing_key(folder / "signing", os.urandom)
        self._key = read_signing_key(folder / "signing")
        self.api_key = create_api_key(folder / "keys", ADA, time.time(), None, os.urandom)
        create_rate_table(folder / "rates", os.urandom, rows=64)
        self._rates = RateTable(folder / "rates")
        self.registry = CollectorRegistry()
        self.spans = Spans()
        self.health = Health(SERVICES)
        self.upstreams = upstreams
        self.replicas: dict[str, LocalReplica] = {}
        self.echo = echo.open_echo()
        specs = options.specs
        self.metrics = RouterMetrics(self.registry, 0, ["/faraday.v1.FiniteElementService/Solve"], specs)
        self.statistics = Statistics(folder / "statistics", list(specs), 0, 1)
        self._dispatchers = {
            name: ModelDispatcher(spec, lambda model: None, None, random.Random(1), self.metrics.count_retry)
            for name, spec in specs.items()
            if name not in upstreams
        }
        self.ledger = MemoryLedger(MemoryBooks())
        self.trail = MemoryTrail()
        self.released = SqliteAnswers(folder / "released")
        seconds = itertools.count()  # whether an account has come to be is asked again every time
        pricing = Pricing(self.ledger, options.epsilon_per_answer, lambda: next(seconds))
        self.admission = Admission(options.admission, time.monotonic)
        self.artefacts = ArtefactFiles(folder / "registry", 1 << 24)
        artefacts = WithShipped(self.artefacts)
        access = ArtefactAccess(artefacts)
        pipeline = Pipeline(
            specs,
            {**self._dispatchers, **upstreams},
            self.admission,
            Replays(ReplayLimits(), size_of),
            self.statistics,
            self.metrics,
            upstreams,
            PrivateAnswers(self.ledger, pricing, self.released, self.trail, "router-0"),
            access,
        )
        codec = InferCodec(specs, time.time)
        inference = OpenInference(
            specs, pipeline, codec, self.statistics, upstreams, lambda: self.health.serving, "0.0"
        )
        self.operations = OperationStore(MemoryTransactions(MemoryOperations()), options.operation_limits)
        stepped = {name: each for name, each in self._dispatchers.items() if specs[name].stepped}
        pace = Pace(beat_s=0.02, checkpoint_s=0.0)
        runner_options = RunnerOptions("router-0", poll_s=0.05, pace=pace)
        self.runner = Runner(self.operations, options.operation_codecs, specs, stepped, self.metrics, runner_options)
        ours = {name: specs[name] for name in self._dispatchers}
        self.starter = Starter(ours, self.operations, self.runner.look, 3600.0, access)
        self._looking: asyncio.Task[None] | None = None
        meshes = MeshFiles(folder / "meshes", options.mesh_bytes, time.time)
        rpcs = FiniteElementService(specs, pipeline, meshes, self.starter).rpcs()
        registry, candidates = OperatorRegistry(artefacts, access), Candidates(artefacts, access)
        rpcs += NeuralOperatorService(pipeline, registry, self.starter, candidates).rpcs()
        rpcs += OperationService(self.operations, lambda: self.health.serving, look_s=0.01).rpcs()
        rpcs += [*inference.rpcs(), *self.health.rpcs(), *options.extra]
        rpcs += PrivacyService(self.ledger, self.trail).rpcs()
        rpcs += reflection.rpcs([*SERVICES, HEALTH])
        tokens = TokenOptions((public,), ISSUER, AUDIENCE)
        edge = Edge(
            options.edge,
            Authenticator(AuthOptions(tokens, folder / "keys", options.certificates)),
            RateLimiter(options.rate, self._rates, 1),
            tracing.Entrance(0.0, random.Random(2).getrandbits),
            tracing.ServerSpans(self.spans, time.monotonic),
            self.metrics,
            lambda: 1.0,
        )
        self.served = ServerOptions(
            "127.0.0.1", 0, options.tls, options.edge, options.connections, drain_timeout_s=options.drain_timeout_s
        )
        self._edge, self._rpcs = edge, rpcs
        self.server = self.server_on(self.served)
        self._specs = specs
        self._models = options.models
        self.port = 0

    def server_on(self, options: ServerOptions) -> RouterServer:
        return RouterServer(options, self._edge, self._rpcs, self.health)

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    def token(self, principal: Principal = ADA, ttl_s: float = 600.0, age_s: float = 0.0) -> str:
        return mint(self._key, principal, ISSUER, AUDIENCE, time.time() - age_s, ttl_s)

    def metadata(self, principal: Principal = ADA) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.token(principal)}"),)

    def counted(self, name: str, **labels: str) -> float:
        """A sample of the metrics; 0 where there is none."""
        return self.registry.get_sample_value(name, {"worker": "0", **labels}) or 0.0

    async def start(self) -> None:
        for name, dispatcher in self._dispatchers.items():
            model = self.echo if name == "echo" else self._models.get(name) or self._loaded(self._specs[name])
            self.replicas[name] = LocalReplica(self._specs[name], model)
            dispatcher.update(NODE, [await self.replicas[name].on_unix(self.folder / f"{name}.sock")])
        self.port = await self.server.start()
        self._looking = asyncio.create_task(self.runner.run())

    def _loaded(self, spec: Spec) -> Model[Task, Result]:
        """One with artefacts has those of this router."""
        return loaded(spec) if spec.artefacts is None else spec.load("cpu", WithShipped(self.artefacts))

    async def stop(self) -> None:
        self.echo.gate.set()
        await self.server.drain()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait((self._looking,))
        for dispatcher in self._dispatchers.values():
            await dispatcher.close()
        for local in self.replicas.values():
            await local.close()
        self._rates.close()
        await self.released.close()
        await settled()


@cache
def loaded(spec: Spec) -> Model[Task, Result]:
    """Once for all tests: some take seconds to make, and none keeps anything from one call to the next. Its example was
    run, as on a replica before that says that it is ready: the first run of all may compile for many seconds."""
    model = spec.load("cpu")
    model.run([spec.example()])
    return model


@asynccontextmanager
async def running(folder: Path, options: RouterOptions | None = None) -> AsyncIterator[Router]:
    """A router for as long as the block."""
    options = options or RouterOptions()
    async with AsyncExitStack() as stack:
        upstreams = {name: Upstream(options.specs[name], each) for name, each in options.upstreams.items()}
        for upstream in upstreams.values():
            stack.push_async_callback(upstream.close)
        router = Router(folder, options, upstreams)
        stack.push_async_callback(router.stop)
        await router.start()
        yield router


@asynccontextmanager
async def connected(router: Router) -> AsyncIterator[grpc.aio.Channel]:
    """A channel of its own, so that nothing is shared with another test."""
    async with grpc.aio.insecure_channel(router.target, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        yield channel
