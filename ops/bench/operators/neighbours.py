"""The neighbour search on 10,000 points of the unit square, beside the one that neuraloperator has without Open3D."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.base import Array
from models.operators.graph.neighbours import Neighbours, within
from ops.bench.contract import Better, Findings, Row, Run, compare, missing, same_answer
from ops.bench.fem.programs import BENCH_PYTHON, PEERS, PeerMissing, Program, run

POINTS = 10_000
RADII = (0.02, 0.05)  # with 13 and 77 neighbours in the mean
# Of the pairs that one side alone has. The peer computes distances in single precision, from products of coordinates.
SAME = 1e-3
UNIT = "CPU s"
PEER = Program(
    "neuraloperator", (str(BENCH_PYTHON), str(PEERS / "operators_neighbours.py")), "neuralop", "make bench-env"
)
NOTES = ("neighbour search: CPU seconds of one thread, from points to compressed rows; each point's own neighbours",)
_REPETITIONS = 5


@dataclass(frozen=True, eq=False)
class Found:
    """What one side took, and the pairs (query × points + source) that it found."""

    seconds: list[float]
    pairs: Array


def measure(asked: Run) -> Findings:
    return between(asked, POINTS, PEER)


def between(asked: Run, count: int, peer: Program) -> Findings:
    points = np.random.default_rng(0).random((count, 2)).astype(np.float32)
    rows = []
    for radius in RADII:
        asked.say(f"neighbours within {radius}")
        rows.append(beside(count, radius, ours(points, radius), theirs(points, radius, asked.rounds, peer)))
    return Findings(tuple(rows), NOTES)


def beside(count: int, radius: float, mine: Found, other: Found | PeerMissing) -> Row:
    """Informs: the goals of the operators name no figure for it."""
    work = f"neighbours of {count:,} points within {radius}"
    if isinstance(other, PeerMissing):
        return missing(work, mine.seconds, peer_name=PEER.name, unit=UNIT, reach=None, why=str(other))
    row = compare(work, mine.seconds, other.seconds, peer_name=PEER.name, unit=UNIT, better=Better.LESS)
    return same_answer(row, len(np.setxor1d(mine.pairs, other.pairs)) / len(mine.pairs), SAME)


def ours(points: Array, radius: float) -> Found:
    """After one that is not counted."""
    seconds = []
    for _ in range(4 * _REPETITIONS):
        began = time.process_time()
        found = within(points, points, radius)
        seconds.append(time.process_time() - began)
    return Found(seconds[1:], pairs(found, len(points)))


def pairs(found: Neighbours, count: int) -> Array:
    return found.queries * count + found.indices


def theirs(points: Array, radius: float, rounds: int, peer: Program) -> Found | PeerMissing:
    with tempfile.TemporaryDirectory() as folder:
        problem = Path(folder) / "points.npz"
        np.savez(problem, points=points, radius=radius)
        try:
            ran = run(peer, "neighbours", problem, max(_REPETITIONS, rounds))
        except PeerMissing as why:
            return why
    return Found(ran.seconds["native"], ran.answers["native"])
