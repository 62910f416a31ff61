"""The supervisor: the one process that `faraday up` starts. It starts all others, restarts what dies, ends them all.

It imports neither Ray nor gRPC and is in no request's path.

    supervisor ── ray          keeps Ray's head (gcs, raylet ── replicas, dashboard), where it is ours
               ├─ controller   the Ray driver: deploys, writes the endpoint table
               ├─ worker × N   the router: gRPC on one shared port
               └─ tesseract    the same over HTTP, where tesseract.port is set
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cluster import local_ray, serve_environment
from cluster.certificates import issue
from cluster.placement import Plane
from ops import cluster_options, logs, processes
from ops.metrics_server import Installation, MetricsServer, WorkerState
from ops.settings import Settings
from ops.state import StateFolder, write_private
from router.call import Principal, Role
from router.minting import mint, read_signing_key
from router.rate_table import create_rate_table

log = logging.getLogger(__name__)
_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.1, 10.0
_LONG_LIFE_S = 30.0  # a child that lived so long is not in a crash loop
_TOKEN_S = 24 * 3600.0  # renewed by the next `faraday up`
_END_GRACE_S = 5.0
_LOST_GRACE_S = 1.0  # of a controller whose cluster is gone
_RAY_END_GRACE_S = 10.0  # it gives its own processes 2 s


class PortTaken(Exception):
    """Somebody else listens on the port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.host, self.port = host, port

    def __str__(self) -> str:
        return f"port {self.port} of {self.host} is taken: stop what listens there, or set another server.port (0: any)"


@dataclass
class Child:
    """One of our own programs, and how often it had to be started again."""

    name: str
    module: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    restarts: int = -1
    process: asyncio.subprocess.Process | None = None
    ready: bool = False
    first_ready: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)


class Supervisor:
    def __init__(self, settings: Settings, state: StateFolder) -> None:
        self._settings = settings
        self._state = state
        self._began = time.monotonic()
        self._stopping = asyncio.Event()
        self._reserved = _reserve(settings.server.host, settings.server.port)
        self._port: int = self._reserved.getsockname()[1]
        common = ("--state", str(state.root))
        self._workers = [
            Child(f"worker-{i}", "ops.worker", (*common, "--index", str(i), "--port", str(self._port)))
            for i in range(settings.server.workers)
        ]
        options = cluster_options.ray_options(settings, state)
        environment = {
            **serve_environment.ENVIRONMENT,
            **local_ray.DRIVER_ENVIRONMENT,
            **local_ray.driver_environment(options),
        }
        self._head = Child("ray", "ops.ray_head", common) if settings.ray.address == "local" else None
        self._controller = Child("controller", "ops.controller", common, environment)
        gateway = (*common, "--router", str(self._port))
        asked_for = settings.tesseract.port is not None
        self._gateway = Child("tesseract", "ops.tesseract.process", gateway) if asked_for else None
        self._metrics = MetricsServer(settings.metrics.host, settings.metrics.port, self._installation)
        self._dashboard = ""
        self._problem = ""

    async def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        create_rate_table(self._state.rate_table, os.urandom)
        if self._settings.plane == Plane.TLS.value:
            issue(datetime.now(UTC)).write(self._state.certificate)
        self._state.statistics.unlink(missing_ok=True)
        self._tell("starting")
        tasks = [asyncio.create_task(self._keep(worker)) for worker in self._workers]
        if self._gateway is not None:
            tasks.append(asyncio.create_task(self._keep(self._gateway)))
        tasks.append(asyncio.create_task(self._keep_cluster()))
        tasks.append(asyncio.create_task(self._announce()))
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        failed = [task.exception() for task in tasks if task.done() and not task.cancelled()]
        self._stopping.set()
        await self._end(tasks)
        for error in failed:
            if error is not None:
                raise error

    @property
    def _children(self) -> tuple[Child, ...]:
        others = [child for child in (self._gateway, self._head) if child is not None]
        return (*self._workers, *others, self._controller)

    async def _keep_cluster(self) -> None:
        """The head, where it is ours, and the controller on it; both anew when the head has ended."""
        if self._head is None:
            await self._keep(self._controller, "--ray", self._settings.ray.address)
            return
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            self._head.first_ready.clear()
            controller = asyncio.create_task(self._keep_controller(self._head))
            lived_s = await self._live(self._head)
            controller.cancel()
            await asyncio.wait([controller])
            await _ended(self._controller, _LOST_GRACE_S)
            pause_s = await self._pause(pause_s, lived_s)

    async def _keep_controller(self, head: Child) -> None:
        await head.first_ready.wait()
        told = json.loads(self._state.ray_head.read_text())
        self._dashboard = told["dashboard"]
        await self._keep(self._controller, "--ray", told["address"])

    async def _keep(self, child: Child, *more: str) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            lived_s = await self._live(child, *more)
            pause_s = await self._pause(pause_s, lived_s)

    async def _live(self, child: Child, *more: str) -> float:
        """From its start to its end; how long that was, in seconds."""
        began = time.monotonic()
        child.restarts += 1
        await self._run(child, more)
        if not self._stopping.is_set():
            code = child.process.returncode if child.process else None
            log.error("%s ended with %s and is started again", child.name, code)
            self._tell("degraded")
        return time.monotonic() - began

    async def _pause(self, pause_s: float, lived_s: float) -> float:
        """Wait before another start, little where the last life was long; the pause after that."""
        if self._stopping.is_set():
            return pause_s
        if lived_s > _LONG_LIFE_S:
            pause_s = _FIRST_PAUSE_S
        await asyncio.sleep(pause_s)
        return min(2 * pause_s, _LAST_PAUSE_S)

    async def _run(self, child: Child, more: Sequence[str]) -> None:
        """Start it, note when it says that it is ready, wait for its end."""
        reading, writing = os.pipe()
        try:
            child.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", child.module, *child.arguments, *more, "--ready-fd", str(writing)),
                pass_fds=(writing,),
                env={**os.environ, **child.environment},
                cwd=self._state.root,
                stdin=subprocess.DEVNULL,
            )
        finally:
            os.close(writing)
        try:
            said = await asyncio.to_thread(os.read, reading, 4096)
        finally:
            os.close(reading)
        child.ready = said == b"ready"
        if child.ready:
            child.first_ready.set()
        if said and not child.ready:
            self._problem = said.decode(errors="replace")
            self._tell("failing")
        await child.process.wait()
        child.ready = False

    async def _announce(self) -> None:
        """Tell everybody once all are ready, and keep what we tell current."""
        await asyncio.gather(*(child.first_ready.wait() for child in self._children))
        self._problem = ""
        write_private(self._state.token, self._token())
        host = self._settings.server.host
        tls = self._settings.server.tls
        endpoint = f"{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{self._port}"
        ca_file = None if tls.certificate_file is None else str(tls.certificate_file)
        described = {"endpoint": endpoint, "token_file": str(self._state.token), "ca_file": ca_file}
        write_private(self._state.client, json.dumps(described))
        self._tell("ready")
        log.info("ready after %.1f s", time.monotonic() - self._began)
        seen: list[tuple[bool, int]] = []
        while True:
            now = [(child.ready, child.restarts) for child in self._children]
            if now != seen:
                self._tell("ready" if all(ready for ready, _ in now) else "degraded")
                seen = now
            await asyncio.sleep(0.25)

    def _token(self) -> str:
        key = read_signing_key(self._settings.auth.eddsa_private_key_file or self._state.signing_key)
        principal = Principal("local", "local", frozenset({Role.ADMIN}))
        auth = self._settings.auth
        return mint(key, principal, auth.issuer, auth.audience, time.time(), _TOKEN_S)

    def _tell(self, phase: str) -> None:
        children = {
            child.name: {
                "pid": child.process.pid if child.process else None,
                "ready": child.ready,
                "restarts": max(0, child.restarts),
            }
            for child in self._children
        }
        status = {
            "phase": phase,
            "problem": self._problem,
            "pid": os.getpid(),
            "endpoint": f"{self._settings.server.host}:{self._port}",
            "metrics": f"http://{self._settings.metrics.host}:{self._metrics.port}/metrics",
            "dashboard": self._dashboard,
            "ready_after_s": round(time.monotonic() - self._began, 1),
            "children": children,
        }
        write_private(self._state.status, json.dumps(status, indent=2))

    def _installation(self) -> Installation:
        return Installation(
            version=cluster_options.VERSION,
            workers=tuple(
                WorkerState(i, self._state.metrics_socket(i), max(0, worker.restarts))
                for i, worker in enumerate(self._workers)
            ),
            controller_up=self._controller.ready,
            controller_restarts=max(0, self._controller.restarts),
        )

    async def _end(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Routers first, which finish what is in flight; then what they asked."""
        self._tell("stopping")
        self._state.client.unlink(missing_ok=True)
        drain_s = self._settings.server.drain_timeout_s + _END_GRACE_S
        edge = [*self._workers, *([self._gateway] if self._gateway else [])]
        await asyncio.wait([asyncio.create_task(_ended(child, drain_s)) for child in edge])
        await _ended(self._controller)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        if self._head is not None:
            await _ended(self._head, _RAY_END_GRACE_S)
        self._metrics.close()
        self._reserved.close()
        shutil.rmtree(self._state.run, ignore_errors=True)


async def _ended(child: Child, timeout_s: float = _END_GRACE_S) -> None:
    """End it, by SIGKILL if it takes too long."""
    if child.process is None or child.process.returncode is not None:
        return
    child.end()
    try:
        await asyncio.wait_for(child.process.wait(), timeout_s)
    except TimeoutError:
        log.error("%s did not end in %.0f s and is killed", child.name, timeout_s)
        child.process.kill()
        await child.process.wait()


def _reserve(host: str, port: int) -> socket.socket:
    """A socket that holds the port for the workers, which share it. Raises PortTaken.

    SO_REUSEPORT would let us share a port even with another server of ours, so it is first asked for alone.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as alone:
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            alone.bind((host, port))
        except OSError as error:
            raise PortTaken(host, port) from error
        port = alone.getsockname()[1]
    reserved = socket.socket(family)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind((host, port))
    return reserved


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ops.supervisor")
    parser.add_argument("--state", type=Path, required=True)
    state = StateFolder(parser.parse_args().state)
    settings = Settings.model_validate_json(state.settings.read_text())
    logs.configure(settings.telemetry.log_level, logs.Format(settings.telemetry.log_format), "supervisor")
    processes.adopt_orphans()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(settings, state))


async def _main(settings: Settings, state: StateFolder) -> None:
    await Supervisor(settings, state).run()


if __name__ == "__main__":
    main()
