"""Predict through gRPC: what a core serves with many callers at once, and with one caller after the other.

A router worker and one replica without Ray (`ops.bench.local`), the operator that comes with the system, one function
on 64² nodes a call, with deviations and intervals, over the Open Inference Protocol. A core's worth is calls per CPU
second of all the server's processes, router and replica together, so that a busy machine does not blur it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tritonclient.grpc import service_pb2 as pb

from models.operators.predict.task import SPEC
from ops.bench import h2load
from ops.bench.contract import Better, Findings, Row, Run, compare
from ops.bench.grpc_load import GrpcLoad
from ops.bench.load import Generator, Load
from ops.bench.processes import Command, Server
from ops.bench.router_targets import Installed, free_ports, inherited, ready, told

SIDE = 64
WANTED_PER_CORE = 180.0  # calls per second of a core
REACH_TOGETHER = 3.0  # times what one caller gets
CALLERS = {"32 callers": (4, 8), "1 caller": (1, 1)}  # connections, and streams of each
_WARM_UP_S, _SECONDS = 2.0, 6.0
NOTES = ("served Predict: one torch thread; the generator takes CPU of its own, which is not counted",)


def measure(asked: Run) -> Findings:
    generator: Generator = h2load.H2load() if h2load.installed() else GrpcLoad()
    per_core: dict[str, list[float]] = defaultdict(list)
    per_second: dict[str, list[float]] = defaultdict(list)
    for number in range(asked.rounds):
        asked.say(f"served Predict, round {number + 1} of {asked.rounds}")
        for callers, (core, wall) in _round(generator).items():
            per_core[callers].append(core)
            per_second[callers].append(wall)
            asked.say(f"  {callers}: {wall:.0f}/s, {core:.0f} per CPU second")
    return Findings(rows(per_core, per_second), (*NOTES, generator.note))


def rows(per_core: Mapping[str, Sequence[float]], per_second: Mapping[str, Sequence[float]]) -> tuple[Row, ...]:
    many, one = CALLERS
    work = f"Predict {SIDE}² through gRPC"
    wanted = compare(
        f"{work}, {many}",
        per_core[many],
        [WANTED_PER_CORE],
        peer_name="what is wanted",
        unit="calls/CPU s",
        better=Better.MORE,
        reach=1.0,
    )
    together = compare(
        f"{work}, {many}",
        per_second[many],
        per_second[one],
        peer_name=one,
        unit="calls/s",
        better=Better.MORE,
        reach=REACH_TOGETHER,
    )
    return wanted, together


def message() -> bytes:
    """One permeability of two phases on the unit square."""
    axis = np.linspace(0.0, 1.0, SIDE)
    waves = np.sin(7 * axis)[:, None] + np.cos(5 * axis)[None, :]
    request = pb.ModelInferRequest(model_name=SPEC.name)
    for name, datatype, array in (
        ("values", "FP32", np.where(waves >= 0, 12.0, 3.0).astype("<f4").reshape(1, -1, 1)),
        ("grid", "INT64", np.array([SIDE, SIDE], "<i8")),
    ):
        request.inputs.add(name=name, datatype=datatype, shape=array.shape)
        request.raw_input_contents.append(array.tobytes())
    encoded: bytes = request.SerializeToString()
    return encoded


def _round(generator: Generator) -> dict[str, tuple[float, float]]:
    """Calls per CPU second and per second, by callers. Raises BenchFailed."""
    with tempfile.TemporaryDirectory(prefix="fb-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        state = Path(folder) / "state"
        (port,) = free_ports(1)
        argv = (sys.executable, "-m", "ops.bench.local", str(state), str(port), SPEC.name)
        command = Command(argv, {**inherited(), "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"})
        server = Server(command, Path(folder))
        try:
            address = ready(Installed(command, lambda: told(state)), server)
            found = {}
            for callers, (connections, streams) in CALLERS.items():
                reply_bytes = SIDE * SIDE * 4  # the mean alone
                generator.run(address, Load(message(), reply_bytes, connections, streams, _WARM_UP_S))
                before = server.cpu_s()
                measured = generator.run(address, Load(message(), reply_bytes, connections, streams, _SECONDS))
                found[callers] = measured.calls / (server.cpu_s() - before), measured.per_second
            return found
        finally:
            server.stop()
