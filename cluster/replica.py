"""A replica: one model on one Ray Serve actor, answering on its own private endpoint.

The data plane has an event loop of its own in a thread of its own: Serve's loop only ever sees control calls.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import ray
import uvloop
from ray import serve

from cluster.autoscaling import IN_FLIGHT
from cluster.batcher import Batcher, Run
from cluster.certificates import Certificate
from cluster.dispatch import Endpoint
from cluster.placement import Plane, PlaneOptions
from cluster.plane.frames import Begin, Infer
from cluster.plane.server import PlaneServer
from cluster.tracing import Kind, Span, TracingOptions, child, configure, new_span_id, unix_clock
from cluster.turns import Turns
from models.artefacts import Artefacts
from models.base import Model, Result, Spec, SteppedModel, Task

ENDPOINT = "endpoint"  # the key in a replica's metadata
T = TypeVar("T")


@dataclass(frozen=True)
class ReplicaOptions:
    """Everything a replica is told when it starts."""

    spec: Spec
    max_batch: int
    plane: PlaneOptions
    certificate: Certificate | None
    tracing: TracingOptions
    artefacts: Artefacts


class Replica:
    def __init__(self, options: ReplicaOptions) -> None:
        context = serve.get_replica_context()
        self._options = options
        model = options.spec.load("cuda" if ray.get_gpu_ids() else "cpu", options.artefacts)
        options.spec.warm_up(model)  # before this replica is ready for anything else
        self._loop = uvloop.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="plane", daemon=True).start()
        self._queue = _queue(options, model)
        replica = context.replica_id.unique_id
        self._observer = _Observer(options, replica)
        self._server = PlaneServer(options.spec, self._queue, self._observer)
        self._endpoint = self._on_plane(self._listen(replica)).result()

    def record_replica_metadata(self) -> dict[str, Any]:
        """What Serve passes on to whoever routes to this replica."""
        at = self._endpoint
        return {ENDPOINT: {"unix": at.unix, "host": at.host, "port": at.port}}

    def record_autoscaling_stats(self) -> dict[str, float]:
        return {IN_FLIGHT: float(self._server.in_flight)}

    async def exchange(self, frames: bytes) -> bytes:
        """The handle path: the bytes of some request frames in, those of their reply frames out."""
        return await asyncio.wrap_future(self._on_plane(self._server.exchange(frames)))

    async def wake(self) -> None:
        """Do nothing, on a replica that must exist to do it."""

    async def __del__(self) -> None:
        """Serve calls this to shut down: finish what is in flight first."""
        plane = self._options.plane
        await asyncio.wrap_future(self._on_plane(self._server.drain(plane.drain_grace_s, plane.drain_timeout_s)))
        self._loop.call_soon_threadsafe(self._server.close)
        self._queue.close()
        self._observer.close()

    def _on_plane(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _listen(self, replica: str) -> Endpoint:
        plane = self._options.plane
        plane.socket_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        unix = plane.socket_dir / f"{replica}.sock"
        await self._server.listen_unix(unix)
        node = ray.get_runtime_context().get_node_id()
        if plane.plane is not Plane.TLS or self._options.certificate is None:
            return Endpoint(replica, node, str(unix))
        port = await self._server.listen_tls(plane.tls_host, self._options.certificate.server_context())
        return Endpoint(replica, node, str(unix), ray.util.get_node_ip_address(), port)


def _queue(options: ReplicaOptions, model: Model[Task, Result]) -> Batcher | Turns:
    if isinstance(model, SteppedModel):
        return Turns(model)
    return Batcher(model, options.max_batch, options.spec.quick)


class _Observer:
    """Records the spans of a sampled request: its time on this replica and, within it, the model's run."""

    def __init__(self, options: ReplicaOptions, replica: str) -> None:
        tracing = replace(options.tracing, service_name="faraday-replica", instance_id=replica)
        self._recorder = configure(tracing)
        self._model = options.spec.name

    def __call__(self, infer: Infer | Begin, run: Run, ended: float) -> None:
        if not infer.trace:
            return
        unix_ns = unix_clock()
        failed = type(run.outcome).__name__ if isinstance(run.outcome, Exception) else None
        own = child(
            infer.trace,
            f"infer {self._model}",
            unix_ns(run.arrived),
            unix_ns(ended),
            kind=Kind.SERVER,
            error=failed,
            state=infer.trace_state,
        )
        if own is None:
            return
        ran = Span(
            name=f"run {self._model}",
            trace_id=own.trace_id,
            span_id=new_span_id(),
            start_ns=unix_ns(run.started),
            end_ns=unix_ns(run.ended),
            parent_id=own.span_id,
            attributes={"faraday.model": self._model, "faraday.batch_size": run.batch_size},
            error=failed,
            state=infer.trace_state,
        )
        self._recorder.record(ran)
        self._recorder.record(own)

    def close(self) -> None:
        self._recorder.close(timeout_s=2.0)
