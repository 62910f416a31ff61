"""Darcy at 43² from 1000 samples: the error of ours and of neuraloperator's FNO after the same CPU seconds.

Ours follows the recipe of the operator that comes with the system, with as many epochs as the budget has room for; then
the peer trains for the CPU seconds that ours took. A round is a third of the whole budget.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.operators.generators.darcy import darcy
from models.operators.pairs import Pairs
from ops.bench.contract import BenchFailed, Better, Findings, Row, Run, compare, missing
from ops.bench.fem.programs import BENCH_PYTHON, ONE_THREAD, PEERS

WORK = "Darcy 43² from 1000 samples, relative L²"
WHOLE_S = 600.0  # what the goal holds for
GOAL = 0.012
PEER = "neuraloperator FNO"
_ROUND_S = 200.0
_DIVISIONS, _SAMPLES, _TESTED = 42, 1000, 200
_WALL = 20.0  # how many times its CPU seconds a training may take
_LOG_CHARACTERS = 2000

Program = Callable[[Path, float], "Trained"]  # a file of data, CPU seconds; raises PeerMissing, BenchFailed


class PeerMissing(Exception):
    """The message says how to install it."""


@dataclass(frozen=True)
class Trained:
    error: float  # the mean relative L² error of the test set
    cpu_s: float  # of the training
    epochs: float


def measure(asked: Run) -> Findings:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "darcy.npz"
        write(data, darcy(_SAMPLES, _DIVISIONS, seed=0), darcy(_TESTED, _DIVISIONS, seed=3))
        return between(asked, data, min(WHOLE_S, _ROUND_S * asked.rounds), ours, neuraloperator)


def between(asked: Run, data: Path, budget_s: float, ours: Program, peer: Program) -> Findings:
    asked.say(f"darcy: ours trains for about {budget_s:.0f} CPU seconds")
    mine = ours(data, budget_s)
    asked.say(f"darcy: error {mine.error:.4f} after {mine.cpu_s:.0f} CPU seconds; now the peer as long")
    try:
        other = peer(data, mine.cpu_s)
    except PeerMissing as why:
        row = missing(WORK, [mine.error], peer_name=PEER, unit="relative", reach=1.0, why=str(why))
        return Findings((row, _goal(mine)), (_note(mine),))
    row = compare(WORK, [mine.error], [other.error], peer_name=PEER, unit="relative", better=Better.LESS, reach=1.0)
    return Findings((row, _goal(mine)), (_note(mine), f"{PEER}: {other.epochs:.1f} epochs in {other.cpu_s:.0f} CPU s"))


def write(path: Path, training: Pairs, test: Pairs) -> None:
    np.savez(
        path,
        inputs=training.inputs,
        targets=training.targets,
        positions=training.positions,
        grid=np.array(training.grid),
        test_inputs=test.inputs,
        test_targets=test.targets,
    )


def ours(data: Path, budget_s: float) -> Trained:
    return run((sys.executable, "-m", "ops.bench.operators.darcy_ours"), data, budget_s)


def neuraloperator(data: Path, budget_s: float) -> Trained:
    python = str(BENCH_PYTHON)
    try:
        found = subprocess.run((python, "-c", "import neuralop"), capture_output=True).returncode == 0
    except FileNotFoundError:
        found = False
    if not found:
        raise PeerMissing(f"{PEER} is missing: make bench-env")
    return run((python, str(PEERS / "operators_neuralop.py")), data, budget_s)


def run(command: tuple[str, ...], data: Path, budget_s: float) -> Trained:
    """Raises BenchFailed where the program fails."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    if command[0] == sys.executable:
        inherited |= {"PYTHONPATH": os.pathsep.join(sys.path)}  # ours, wherever it was started from
    done = subprocess.run(
        (*command, str(data), str(budget_s)),
        capture_output=True,
        text=True,
        env=inherited | ONE_THREAD,
        timeout=_WALL * budget_s + 60,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise BenchFailed(f"{command[-1]} ended with {done.returncode}: {done.stderr[-_LOG_CHARACTERS:]}")
    return Trained(**json.loads(done.stdout.splitlines()[-1]))


def _goal(mine: Trained) -> Row:
    """Held to the goal only with the whole budget: less of it informs."""
    work = f"the same, in ≤ {WHOLE_S:.0f} CPU s"
    row = compare(work, [mine.error], [GOAL], peer_name="goal", unit="relative", better=Better.LESS)
    if mine.cpu_s < WHOLE_S / 2:
        return replace(row, note=f"after {mine.cpu_s:.0f} CPU s only: more rounds give it more")
    late = mine.cpu_s > WHOLE_S
    note = f"took {mine.cpu_s:.0f} CPU s" if late else ""
    return replace(row, reach=1.0, ok=row.ratio >= 1.0 and not late, note=note)


def _note(mine: Trained) -> str:
    return f"Darcy, ours: {mine.epochs:.0f} epochs in {mine.cpu_s:.0f} CPU s, one thread; error on {_TESTED} samples"
