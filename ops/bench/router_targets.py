"""The servers that the router bench measures: how each is started, with the settings that suit it best.

All are on loopback, in the clear, with one replica of the identity, and write no line of log for a request.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from models.catalog import CATALOG
from ops.bench import identity
from ops.bench.contract import BenchFailed
from ops.bench.identity import MODEL
from ops.bench.load import Address
from ops.bench.processes import Command, Server

PEERS = Path(__file__).parent / "peers"
_OUR_COMMAND = "from ops.cli import main; main()"
_READY_S = 200.0  # `faraday up` gives up earlier and says why
_POLL_S = 0.1
_NO_LIMIT = "1000000"  # a rate that nothing here reaches: it is counted and never refused


@dataclass(frozen=True)
class Installed:
    """One target inside a folder of its own: how to run it and, once it runs, where it is."""

    command: Command
    address: Callable[[], Address | None]  # None while it is not known yet


@dataclass(frozen=True)
class Target:
    name: str
    install: Callable[[Path], Installed]


def ready(installed: Installed, server: Server) -> Address:
    """Where it is, once it answers. Raises BenchFailed."""
    end = time.monotonic() + _READY_S
    while (address := installed.address()) is None:
        if time.monotonic() > end:
            raise BenchFailed(f"not up after {_READY_S:g} s")
        server.check()
        time.sleep(_POLL_S)
    identity.wait_until_answered(address, end - time.monotonic(), server.check)
    return address


def _faraday(plane: str) -> Callable[[Path], Installed]:
    def install(folder: Path) -> Installed:
        port, metrics_port = free_ports(2)
        state = folder / "state"
        environment = {
            **inherited(),
            "FARADAY_STATE_DIR": str(state),
            "FARADAY_PLANE": plane,
            "FARADAY_SERVER__PORT": str(port),
            "FARADAY_METRICS__PORT": str(metrics_port),
            "FARADAY_RAY__TEMP_DIR": str(folder / "ray"),
            "FARADAY_RAY__DASHBOARD": "false",  # nor have the peers one
            "FARADAY_RATE__PER_SECOND": _NO_LIMIT,
            "FARADAY_RATE__BURST": _NO_LIMIT,
            "FARADAY_MODELS": json.dumps(_only_identity()),
        }
        command = (sys.executable, "-c", _OUR_COMMAND)
        return Installed(Command((*command, "up"), environment, (*command, "down")), lambda: told(state))

    return install


def _whole(folder: Path) -> Installed:
    """As a user starts it: every model, and Ray's dashboard."""
    port, metrics_port = free_ports(2)
    state = folder / "state"
    environment = {
        **inherited(),
        "FARADAY_STATE_DIR": str(state),
        "FARADAY_SERVER__PORT": str(port),
        "FARADAY_METRICS__PORT": str(metrics_port),
        "FARADAY_RAY__TEMP_DIR": str(folder / "ray"),
    }
    command = (sys.executable, "-c", _OUR_COMMAND)
    return Installed(Command((*command, "up"), environment, (*command, "down")), lambda: told(state))


def _only_identity() -> Mapping[str, Mapping[str, object]]:
    others: dict[str, Mapping[str, object]] = {name: {"enabled": False} for name in CATALOG if name != MODEL}
    return {**others, MODEL: {"min_replicas": 1, "max_replicas": 1}}


def told(state: Path) -> Address | None:
    """What `faraday up` says of itself when it is ready."""
    try:
        said = json.loads((state / "client.json").read_text())
    except FileNotFoundError:
        return None
    return Address(int(said["endpoint"].rpartition(":")[2]), Path(said["token_file"]).read_text().strip())


def _serve(best: bool) -> Callable[[Path], Installed]:
    def install(folder: Path) -> Installed:
        grpc_port, http_port = free_ports(2)
        environment = {**inherited(), "RAY_AUTH_MODE": "disabled", "PYTHONPATH": str(PEERS)}
        if best:
            environment |= _serve_at_its_best(folder)
        arguments = (str(PEERS / "ray_serve.py"), str(grpc_port), str(http_port), str(folder / "ray"))
        return Installed(Command((sys.executable, *arguments), environment), lambda: Address(grpc_port))

    return install


def _serve_at_its_best(folder: Path) -> Mapping[str, str]:
    """The switches of Serve's guide to high throughput: HAProxy sends calls straight to the replica's gRPC server."""
    proxy = folder / "haproxy"
    proxy.mkdir()
    stats, metrics, fallback_http, fallback_grpc = map(str, free_ports(4))
    cores = len(os.sched_getaffinity(0))
    return {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        # 4 unless told otherwise, which on 2 cores is a tenth slower than 1. Our own workers are counted alike.
        "RAY_SERVE_HAPROXY_NBTHREAD": str(min(4, max(1, cores - 1))),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(proxy / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(proxy / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(proxy),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(proxy / "server-state"),
        "RAY_SERVE_HAPROXY_STATS_PORT": stats,
        "RAY_SERVE_HAPROXY_METRICS_PORT": metrics,
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": fallback_http,
        "RAY_SERVE_FALLBACK_PROXY_GRPC_PORT": fallback_grpc,
    }


def _echo(folder: Path) -> Installed:
    (port,) = free_ports(1)
    command = Command((sys.executable, str(PEERS / "grpc_echo.py"), str(port)), inherited())
    return Installed(command, lambda: Address(port))


def inherited() -> dict[str, str]:
    """Our environment without what would set up another server than the one that is meant."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FARADAY_", "RAY_", "OTEL_", "GRPC_", "PYTHON"))
    }


def free_ports(count: int) -> list[int]:
    """Ports of loopback that are free now, all different."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


OURS = Target("faraday", _faraday("unix"))
OURS_WHOLE = Target("faraday, every model", _whole)
HANDLE = Target("faraday through Serve's handle", _faraday("handle"))
SERVE = Target("Ray Serve's gRPC proxy", _serve(best=False))
SERVE_BEST = Target("Ray Serve with HAProxy, throughput-optimised", _serve(best=True))
ECHO = Target("bare grpc.aio echo", _echo)
