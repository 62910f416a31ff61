"""The Ray driver: deploys the models, keeps the endpoint table current, and wakes models that sleep.

It is in no request's path. While it is gone, routers go on from the last table.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from cluster import serve_adapter
from cluster.bridge import Bridge
from cluster.certificates import Certificate
from cluster.dispatch import Endpoint, Table
from cluster.local_ray import RayCluster
from cluster.placement import Placement, Plane, PlaneOptions
from cluster.plane import private_socket
from cluster.replica import Replica, ReplicaOptions
from cluster.tracing import TracingOptions
from models.artefacts import Artefacts
from models.base import Spec

log = logging.getLogger(__name__)
_SETTLED_S = 10.0  # Serve tells a new handle of its replicas within a second
_MAX_WAKE_BYTES = 256  # a datagram is one model's name


class DeploymentFailed(Exception):
    """Ray Serve gave a model up; the message is Serve's."""


@dataclass(frozen=True)
class ControllerOptions:
    models: Sequence[tuple[Spec, Placement]]
    plane: PlaneOptions
    table_file: Path
    wake_socket: Path
    certificate: Certificate | None
    tracing: TracingOptions
    artefacts: Artefacts
    run: str  # names the run of the installation: a second controller in it takes the replicas over as they are
    ready_timeout_s: float = 120.0


class Controller:
    """Lives on one event loop of the process that `cluster.local_ray.connect` was called in."""

    def __init__(self, options: ControllerOptions, cluster: RayCluster) -> None:
        self._options = options
        self._cluster = cluster
        self._table: dict[str, tuple[Endpoint, ...]] = {spec.name: () for spec, _ in options.models}
        self._handles: Mapping[str, DeploymentHandle[Replica]] = {}
        self._bridges: dict[str, Bridge] = {}
        self._waking: dict[str, asyncio.Task[None]] = {}
        self._unseen: set[str] = set()  # models whose replicas are known from before, and not yet from Serve

    async def run(self, ready: Callable[[], None]) -> None:
        """Deploy, call `ready` once every model that is to have replicas has one, and serve until cancelled.

        Raises DeploymentFailed or TimeoutError where a model does not come up.
        """
        loop = asyncio.get_running_loop()

        def changed(model: str, endpoints: tuple[Endpoint, ...]) -> None:
            loop.call_soon_threadsafe(self._replicas_changed, model, endpoints)

        serve_adapter.subscribe(changed)
        self._table.update(self._left_behind())
        self._unseen = {model for model, endpoints in self._table.items() if endpoints}
        self._publish()
        loop.add_reader(
            wakes := private_socket.bound(self._options.wake_socket, socket.SOCK_DGRAM), self._wake_asked, wakes
        )
        try:
            await asyncio.to_thread(self._deploy)
            await self._up()
            loop.call_later(_SETTLED_S, self._settle)
            ready()
            await asyncio.Event().wait()
        finally:
            serve_adapter.unsubscribe(changed)
            loop.remove_reader(wakes)
            wakes.close()
            for bridge in self._bridges.values():
                bridge.close()

    def _left_behind(self) -> dict[str, tuple[Endpoint, ...]]:
        """The replicas that the controller before this one knew: where the cluster is the same, they live on.

        A bridge ended with its controller, so that nothing is left of the handle path.
        """
        if self._options.plane.plane is Plane.HANDLE or not self._options.table_file.exists():
            return {}
        before = Table.read(self._options.table_file)
        if before.node != self._cluster.node:
            return {}
        return {model: endpoints for model, endpoints in before.models.items() if model in self._table}

    def _deploy(self) -> None:
        options = self._options
        serve_adapter.start()
        shared = (options.plane, options.certificate, options.tracing, options.artefacts)
        models = [(placement, ReplicaOptions(spec, placement.max_batch, *shared)) for spec, placement in options.models]
        self._handles = serve_adapter.deploy(models, self._cluster.gpus, options.run)

    async def _up(self) -> None:
        end = time.monotonic() + self._options.ready_timeout_s
        awaited = [p.model for _, p in self._options.models if p.resources.min_replicas > 0]
        while missing := [model for model in awaited if not self._table[model]]:
            if failures := await asyncio.to_thread(serve_adapter.failures):
                raise DeploymentFailed("; ".join(f"{model}: {why}" for model, why in failures.items()))
            if time.monotonic() > end:
                raise TimeoutError(f"no replica of {', '.join(missing)} after {self._options.ready_timeout_s:.0f} s")
            await asyncio.sleep(0.1)

    def _replicas_changed(self, model: str, endpoints: tuple[Endpoint, ...]) -> None:
        if model not in self._table:
            return
        if self._options.plane.plane is Plane.HANDLE and endpoints:
            endpoints = (self._bridge(model).endpoint,)
        if not endpoints and model in self._unseen:
            return  # a new handle says "none" before it has heard from Serve
        self._unseen.discard(model)
        log.info("replicas of %s: %d", model, len(endpoints))
        self._table[model] = endpoints
        self._publish()

    def _settle(self) -> None:
        """What Serve has not confirmed by now is gone."""
        for model in self._unseen:
            self._table[model] = ()
        self._unseen.clear()
        self._publish()

    def _publish(self) -> None:
        Table(self._cluster.node, self._table).write(self._options.table_file)

    def _bridge(self, model: str) -> Bridge:
        if model not in self._bridges:
            path = (
                self._options.plane.socket_dir / f"bridge-{len(self._bridges)}.sock"
            )  # short: a socket's path is limited
            self._bridges[model] = Bridge(self._handles[model], path, self._cluster.node)
        return self._bridges[model]

    def _wake_asked(self, wakes: socket.socket) -> None:
        model = wakes.recv(_MAX_WAKE_BYTES).decode(errors="replace")
        if model in self._handles and not self._table[model] and model not in self._waking:
            self._waking[model] = asyncio.create_task(self._wake(model))

    async def _wake(self, model: str) -> None:
        """A call that waits at the handle is what makes Serve start a replica."""
        try:
            await self._handles[model].wake.remote()
        except (RayError, RayServeException) as error:
            log.warning("waking %s failed: %s", model, error)
        finally:
            del self._waking[model]
