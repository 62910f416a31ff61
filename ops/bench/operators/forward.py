"""FNO forward: the same weights and inputs in ours and in neuraloperator, eager, on one thread.

Both are programs with a process of their own and the allocator as it comes. The network is neuraloperator's FNO with
its defaults, 16 × 16 modes and 32 channels.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.base import Array
from models.operators.fno.exchange import dump
from ops.bench.contract import Better, Findings, Row, Run, compare, missing, same_answer
from ops.bench.fem.programs import BENCH_PYTHON, PEERS, PeerMissing, Program, Ran, run
from ops.bench.operators.forward_ours import COMMAND, NETWORK

SAME = 1e-6  # relative, in the largest value
UNIT = "CPU s"
SEED = 6
OURS = Program("ours", COMMAND)
PEER = Program("neuraloperator", (str(BENCH_PYTHON), str(PEERS / "operators_forward.py")), "neuralop", "make bench-env")
Runner = Callable[[Program, str, Path, int], Ran]  # as `programs.run`
NOTES = (
    "FNO forward: CPU seconds of one thread, warm; neuraloperator's default FNO with 16 × 16 modes and 32 channels",
)


@dataclass(frozen=True)
class Work:
    batch: int
    points: int  # along each axis
    reach: float
    repetitions: int

    @property
    def name(self) -> str:
        return f"FNO forward, {self.points}² batch {self.batch}"

    def write(self, path: Path) -> None:
        """What both programs read: `values` (batch, 1, points, points), and weights by neuraloperator's names."""
        values = np.random.default_rng(SEED).standard_normal((self.batch, 1, self.points, self.points))
        weights = {name: weight.numpy() for name, weight in dump(NETWORK.build(SEED)).items()}
        np.savez(path, allow_pickle=False, values=values.astype(np.float32), **weights)


WORKS = (Work(1, 64, 4.0, 60), Work(8, 128, 3.0, 6))


@dataclass(frozen=True, eq=False)
class Collected:
    """Of all rounds."""

    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    differences: list[float] = field(default_factory=list)


def measure(asked: Run) -> Findings:
    return Findings(tuple(beside(work, asked, run) for work in WORKS), NOTES)


def beside(work: Work, asked: Run, run: Runner) -> Row:
    """One work, in all rounds by both programs, every other time in the opposite order."""
    collected = Collected()
    with tempfile.TemporaryDirectory(prefix="faraday-bench-") as folder:
        problem = Path(folder) / "forward.npz"
        work.write(problem)
        for number in range(asked.rounds):
            try:
                mine, other = _in_turn(problem, work.repetitions, run, number)
            except PeerMissing as why:
                mine = run(OURS, "forward", problem, work.repetitions)
                seconds = mine.seconds["eager"]
                return missing(work.name, seconds, peer_name=PEER.name, unit=UNIT, reach=work.reach, why=str(why))
            collected.ours.extend(mine.seconds["eager"])
            collected.peer.extend(other.seconds["eager"])
            collected.differences.append(_difference(mine.answers["eager"], other.answers["eager"]))
            asked.say(
                f"{work.name}, round {number + 1}: {min(collected.ours):.4f} and {min(collected.peer):.4f} {UNIT}"
            )
    row = compare(
        work.name,
        collected.ours,
        collected.peer,
        peer_name=f"{PEER.name}, eager",
        unit=UNIT,
        better=Better.LESS,
        reach=work.reach,
    )
    return same_answer(row, max(collected.differences), SAME)


def _in_turn(problem: Path, repetitions: int, run: Runner, number: int) -> tuple[Ran, Ran]:
    programs = (OURS, PEER) if number % 2 == 0 else (PEER, OURS)
    ran = {program: run(program, "forward", problem, repetitions) for program in programs}
    return ran[OURS], ran[PEER]


def _difference(answer: Array, reference: Array) -> float:
    return float(np.max(np.abs(answer - reference)) / np.max(np.abs(reference)))
