"""`faraday doctor`: what this machine and the settings are fit for, each finding with a next step."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ops import processes, up
from ops.settings import Settings
from ops.state import StateFolder

_RAY = "2.60.0"
_MEMORY_BYTES = 3 << 30  # an idle installation takes one GiB; a solve at the limits takes three
_DISK_BYTES = 2 << 30
_SHM_BYTES = 160 << 20  # Ray's object store of 128 MiB, and a little


@dataclass(frozen=True)
class Finding:
    """One check: `advice` is empty where all is well."""

    code: str
    what: str
    advice: str = ""


def examine(settings: Settings, state: StateFolder) -> list[Finding]:
    """Look, and change nothing."""
    running = up.status(state)
    checks: list[Callable[[], Iterator[Finding]]] = [
        lambda: _python(),
        lambda: _packages(),
        lambda: _memory(),
        lambda: _disk(state.root),
        lambda: _shared_memory(),
        lambda: _files(state),
        lambda: _ports(settings) if running is None else _running(running, state),
    ]
    return [finding for check in checks for finding in check()]


def _python() -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    advice = "" if sys.version_info >= (3, 11) else "install Python 3.11 or newer and make the environment again"
    yield Finding("PYTHON", f"Python {found}", advice)


def _packages() -> Iterator[Finding]:
    for name, wanted in (("ray", _RAY), ("grpcio", "1.74"), ("tritonclient", "2.41")):
        try:
            found = version(name)
        except PackageNotFoundError:
            yield Finding("PACKAGE_MISSING", name, "make env")
            continue
        advice = "" if found.startswith(wanted) else f"Faraday is tested with {wanted}; make env installs it"
        yield Finding("PACKAGE", f"{name} {found}", advice)


def _memory() -> Iterator[Finding]:
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(fields["MemAvailable"].split()[0]) * 1024
    advice = "" if free >= _MEMORY_BYTES else f"below {_MEMORY_BYTES >> 30} GiB: stop something, or solve small meshes"
    yield Finding("MEMORY", f"{free / 2**30:.1f} GiB available", advice)


def _disk(root: Path) -> Iterator[Finding]:
    existing = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    advice = "" if free >= _DISK_BYTES else f"make room: Ray stops scheduling on a full disk ({existing})"
    yield Finding("DISK", f"{free / 2**30:.1f} GiB free at {existing}", advice)


def _shared_memory() -> Iterator[Finding]:
    size = shutil.disk_usage("/dev/shm").total
    advice = "" if size >= _SHM_BYTES else "give the container more: docker run --shm-size=512m"
    yield Finding("SHARED_MEMORY", f"/dev/shm holds {size / 2**20:.0f} MiB", advice)


def _files(state: StateFolder) -> Iterator[Finding]:
    for path in (state.root, state.signing_key, state.token, state.root / "ray.token"):
        if not path.exists():
            continue
        mode = path.stat().st_mode & 0o777
        advice = "" if mode & 0o077 == 0 else f"others can read it: chmod go= {path}"
        yield Finding("FILE_MODE", f"{path} has mode {mode:03o}", advice)


def _ports(settings: Settings) -> Iterator[Finding]:
    wanted = [
        ("server.port", settings.server.host, settings.server.port),
        ("metrics.port", settings.metrics.host, settings.metrics.port),
    ]
    for name, host, port in wanted:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                advice = ""
            except OSError as error:
                advice = f"{os.strerror(error.errno or 0)}: stop what listens there, or set {name} to another (0: any)"
        yield Finding("PORT", f"{name} {host}:{port}", advice)


def _running(running: up.Status, state: StateFolder) -> Iterator[Finding]:
    advice = "" if running.phase == "ready" else f"look at the end of {state.log}"
    yield Finding("INSTALLATION", f"{running.phase} at {running.endpoint}", advice)
    for name, child in running.children.items():
        often = child["restarts"] > 3
        advice = f"started again {child['restarts']} times: look for {name} in {state.log}" if often else ""
        yield Finding("PROCESS", f"{name} pid {child['pid']}", advice)
    mib = processes.resident_bytes(processes.family(running.pid)) / 2**20
    yield Finding("RESIDENT", f"{mib:.0f} MiB in all processes")
