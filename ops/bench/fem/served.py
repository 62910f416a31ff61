"""A served call of a model that does nothing: ours over gRPC beside Tesseract's over HTTP, one call after the other.

Ours is a router worker and a replica without Ray (`local`), asked by tritonclient; Tesseract's runtime serves the same
identity and is asked by its own client. What counts is wall time at the client, the median over all calls.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tritonclient import grpc as triton

from ops.bench.contract import BenchFailed, Better, Row, compare, missing
from ops.bench.fem.programs import PEERS, ROOT, PeerMissing
from ops.bench.load import Address
from ops.bench.processes import Command, Server
from ops.bench.router_targets import Installed, free_ports, inherited, ready, told

TESSERACT_PYTHON = ROOT / ".venv-tesseract" / "bin" / "python"  # `make bench-env`
SIZES = (32_768, 524_288)  # float64
REACH = 6.0
CALLS = 20
UNIT = "ms, p50"
PEER = "Tesseract's HTTP server"
_READY_S, _CALL_S = 60.0, 120.0

Milliseconds = Mapping[int, Sequence[float]]


def rows(ours: Milliseconds, peer: Milliseconds | PeerMissing) -> tuple[Row, ...]:
    return tuple(_row(size, ours[size], peer) for size in SIZES)


def _row(size: int, ours: Sequence[float], peer: Milliseconds | PeerMissing) -> Row:
    work = f"served call, {size:,} values, no-op model"
    if isinstance(peer, PeerMissing):
        return missing(work, ours, peer_name=PEER, unit=UNIT, reach=REACH, why=str(peer))
    return compare(work, ours, peer[size], peer_name=PEER, unit=UNIT, better=Better.LESS, reach=REACH)


def measure_ours(calls: int = CALLS) -> Milliseconds:
    """Raises BenchFailed."""
    with tempfile.TemporaryDirectory(prefix="fb-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        state = Path(folder) / "state"
        (port,) = free_ports(1)
        command = (sys.executable, "-m", "ops.bench.local", str(state), str(port))
        environment = {**inherited(), "PYTHONPATH": os.pathsep.join(sys.path)}
        server = Server(Command(command, environment), Path(folder))
        try:
            address = ready(Installed(Command(command, environment), lambda: told(state)), server)
            return {size: _infer(address, size, calls) for size in SIZES}
        finally:
            server.stop()


def _infer(address: Address, size: int, calls: int) -> list[float]:
    sent = np.random.default_rng(size).standard_normal(size).view(np.uint8)  # the identity takes bytes
    headers = {"authorization": f"Bearer {address.token}"}
    took = []
    with triton.InferenceServerClient(f"127.0.0.1:{address.port}") as client:
        for _ in range(calls + 1):
            began = time.perf_counter()
            given = triton.InferInput("data", [sent.size], "UINT8")
            given.set_data_from_numpy(sent)
            answer = client.infer("identity", [given], headers=headers, client_timeout=_CALL_S).as_numpy("data")
            took.append((time.perf_counter() - began) * 1e3)
            if not np.array_equal(answer, sent):
                raise BenchFailed("an answer is not what was sent")
    return took[1:]


def measure_tesseract(calls: int = CALLS) -> Milliseconds:
    """Raises PeerMissing or BenchFailed."""
    if not TESSERACT_PYTHON.exists():
        raise PeerMissing("Tesseract is missing: make bench-env")
    with tempfile.TemporaryDirectory(prefix="fb-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        (port,) = free_ports(1)
        command = (str(TESSERACT_PYTHON.with_name("tesseract-runtime")), "serve", "--port", str(port))
        environment = {**inherited(), "TESSERACT_API_PATH": str(PEERS / "tesseract_identity.py")}
        server = Server(Command(command, environment), Path(folder))
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_healthy(url, server)
            client = (str(TESSERACT_PYTHON), str(PEERS / "tesseract_client.py"), url, str(calls), *map(str, SIZES))
            done = subprocess.run(client, capture_output=True, text=True, env=inherited(), timeout=_CALL_S)
        finally:
            server.stop()
    if done.returncode != 0:
        raise BenchFailed(f"Tesseract's client ended with {done.returncode}: {done.stderr[-2000:]}")
    return {int(size): took for size, took in json.loads(done.stdout.splitlines()[-1]).items()}


def _wait_until_healthy(url: str, server: Server) -> None:
    end = time.monotonic() + _READY_S
    while time.monotonic() < end:
        server.check()
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=1.0):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise BenchFailed(f"Tesseract is not up after {_READY_S:g} s: {server.log_end()}")
