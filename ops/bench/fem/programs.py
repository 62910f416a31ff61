"""The programs of the bench, ours and the peers': where each one's interpreter is, and one run of it.

Each reads a problem from a file, prints the CPU seconds of each repetition, and writes its answers into another file;
the first lines of `ours` say how. All run with one thread in every library that has them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.base import Array
from ops.bench.contract import BenchFailed

ROOT = Path(__file__).parents[3]
PEERS = Path(__file__).parents[1] / "peers"
BENCH_PYTHON = ROOT / ".venv-bench" / "bin" / "python"  # `make bench-env`
DEBIAN_PYTHON = Path("/usr/bin/python3")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
_TIMEOUT_S = 900.0
_LOG_CHARACTERS = 2000


class PeerMissing(Exception):
    """A peer is not installed: the message says how to install it."""


@dataclass(frozen=True)
class Program:
    name: str
    command: tuple[str, ...]
    needs: str = ""  # the module that its interpreter must have
    install: str = ""  # what makes it so


@dataclass(frozen=True, eq=False)
class Ran:
    """One run, by configuration: a peer has several solvers."""

    seconds: Mapping[str, list[float]]
    answers: Mapping[str, Array]


def _peer(name: str, python: Path, file: str, needs: str, install: str) -> Program:
    return Program(name, (str(python), str(PEERS / file)), needs, install)


_APT = "apt install python3-dolfinx libopenblas0-pthread"  # on reference BLAS PETSc's solvers are slow
OURS = Program("ours", (sys.executable, "-m", "ops.bench.fem.ours"))
DOLFINX = _peer("DOLFINx", DEBIAN_PYTHON, "fem_dolfinx.py", "dolfinx", _APT)
NGSOLVE = _peer("NGSolve", BENCH_PYTHON, "fem_ngsolve.py", "ngsolve", "make bench-env")
TORCH = _peer("torch-fem", BENCH_PYTHON, "fem_torch.py", "torchfem", "make bench-env")
SCIKIT = _peer("scikit-fem", BENCH_PYTHON, "fem_scikit.py", "skfem", "make bench-env")


def run(program: Program, work: str, problem: Path, repetitions: int) -> Ran:
    """Raises PeerMissing, and BenchFailed where a program that is there fails."""
    if program.needs:
        _find(program)
    answer = problem.with_suffix(".answer.npz")
    done = _call((*program.command, work, str(problem), str(answer), str(repetitions)))
    if done.returncode != 0:
        raise BenchFailed(f"{program.name} ended with {done.returncode} at {work}: {done.stderr[-_LOG_CHARACTERS:]}")
    with np.load(answer) as arrays:
        answers = dict(arrays)
    return Ran(json.loads(done.stdout.splitlines()[-1]), answers)


def _find(program: Program) -> None:
    try:
        found = _call((program.command[0], "-c", f"import {program.needs}")).returncode == 0
    except FileNotFoundError:
        found = False
    if not found:
        raise PeerMissing(f"{program.name} is missing: {program.install}")


def _call(command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    if command[0] == sys.executable:
        inherited |= {"PYTHONPATH": os.pathsep.join(sys.path)}  # ours, wherever it was started from
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=inherited | ONE_THREAD,
        timeout=_TIMEOUT_S,
        stdin=subprocess.DEVNULL,
    )
