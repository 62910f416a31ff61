"""The finite element bench: warm work of ours and of other libraries on the same discrete systems, in CPU seconds.

In each round every program runs once for each work; figures are medians over all repetitions of all rounds. A peer has
several configurations, of which the fastest counts whose answer is ours to 1e-8.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from models.base import Array
from ops.bench.contract import Better, Findings, Row, Run, compare, missing, same_answer
from ops.bench.fem import problems, served
from ops.bench.fem.problems import Problem
from ops.bench.fem.programs import DOLFINX, NGSOLVE, OURS, SCIKIT, TORCH, PeerMissing, Program, Ran, run

SAME = 1e-8  # relative, in the largest value
UNIT = "CPU s"
_OF_SOLVE = "of the solve"


@dataclass(frozen=True)
class Work:
    """What is done, by whom, and how many times faster than each of them ours has to be."""

    name: str
    kind: str  # as the programs call it
    problem: Callable[[], Problem]
    peers: tuple[Program, ...]
    reach: float
    repetitions: int = 5


@dataclass(frozen=True)
class Share:
    """What ours adds to a solve, as a part of that solve; `peers` do the same and inform."""

    name: str
    kind: str
    problem: Callable[[], Problem]
    part: str  # as the programs call it
    whole: str
    most: float
    peers: tuple[Program, ...] = ()
    repetitions: int = 3


WORKS = (
    Work("Poisson P1, new coefficients, 128²", "solve", lambda: problems.square(128), (DOLFINX, NGSOLVE, SCIKIT), 4.0),
    Work("Poisson P1, new coefficients, 256²", "solve", lambda: problems.square(256), (DOLFINX, NGSOLVE, SCIKIT), 4.0),
    Work("Poisson P1, new coefficients, 512²", "solve", lambda: problems.square(512), (DOLFINX,), 4.0, 3),
    Work("the same, unstructured, 128²", "solve", lambda: problems.unstructured(128), (DOLFINX, NGSOLVE, SCIKIT), 1.5),
    Work("the same, unstructured, 256²", "solve", lambda: problems.unstructured(256), (DOLFINX, NGSOLVE, SCIKIT), 1.5),
    Work("assembly alone, 256²", "assembly", lambda: problems.square(256), (DOLFINX,), 10.0),
    Work("64 coefficient fields, 128²", "fields", lambda: problems.square(128, fields=64), (DOLFINX,), 6.0, 1),
    Work("64 right-hand sides, 128²", "loads", lambda: problems.square(128, 1, loads=64), (DOLFINX,), 20.0, 1),
    Work("3D elasticity, P1 tetrahedra, 54,243 dofs", "elastic", lambda: problems.bar(20), (DOLFINX, TORCH), 1.0, 1),
    Work("3D elasticity, Q1 hexahedra, 54,243 dofs", "bricks", lambda: problems.bricks(20), (DOLFINX,), 1.0, 1),
    Work("heat, 100 steps, 128²", "heat", lambda: problems.square(128, 1), (DOLFINX, SCIKIT), 1.6, 2),
)


def _gradient(solver: str, most: float, peers: tuple[Program, ...] = ()) -> Share:
    name = f"gradient over its forward solve, {solver}, 128²"
    return Share(
        name, "derivative", lambda: problems.square(128), f"{solver}, gradient", f"{solver}, forward", most, peers
    )


SHARES = (
    _gradient("direct", 0.3, (TORCH,)),
    _gradient("multigrid", 1.0),
    Share(
        "certificate over a direct solve, 256²",
        "certificate",
        lambda: problems.square(256, 1),
        "certificate",
        "solve",
        0.25,
    ),
)
NOTES = (
    "CPU seconds of one thread, warm; loads are given assembled, and what a mesh needs once is made before",
    "a peer's name is followed by the fastest of its configurations whose answer is within 1e-8 of ours",
    "elasticity: 20 × 20 × 40 bricks, whole or each cut into six tetrahedra",
    "64 right-hand sides: the peer factorises for each, ours once",
    "gradient and certificate are held to our own solves, warm: the faster these, the larger the share",
    "served calls: wall time at the client, ours a router worker and a replica without Ray, which is not on their path",
)


@dataclass(frozen=True, eq=False)
class Collected:
    """Of all rounds, by program and configuration; and why a program is missing."""

    seconds: dict[tuple[Program, str], list[float]] = field(default_factory=dict)
    answers: dict[tuple[Program, str], Array] = field(default_factory=dict)
    missing: dict[Program, str] = field(default_factory=dict)

    def add(self, program: Program, ran: Ran) -> None:
        for name, seconds in ran.seconds.items():
            self.seconds.setdefault((program, name), []).extend(seconds)
        for name, answer in ran.answers.items():
            self.answers[program, name] = answer


@dataclass(frozen=True)
class Best:
    """The fastest configuration of a program whose answer is ours, or the nearest where none is."""

    name: str
    seconds: Sequence[float]
    difference: float


Found = Mapping[Work | Share, Collected]


def measure(asked: Run) -> Findings:
    found: Found = {work: Collected() for work in (*WORKS, *SHARES)}
    with tempfile.TemporaryDirectory(prefix="faraday-bench-") as folder:
        for number in range(asked.rounds):
            asked.say(f"round {number + 1} of {asked.rounds}")
            for work, collected in found.items():
                collect(work, collected, Path(folder) / "problem.npz", number, asked.say)
    asked.say("served calls")
    return Findings((*rows(found), *_served()), NOTES)


def _served() -> tuple[Row, ...]:
    ours = served.measure_ours()
    try:
        return served.rows(ours, served.measure_tesseract())
    except PeerMissing as why:
        return served.rows(ours, why)


def collect(work: Work | Share, collected: Collected, file: Path, number: int, say: Callable[[str], None]) -> None:
    """One round of one work, every other one in the opposite order. Raises BenchFailed."""
    work.problem().write(file)
    programs = (OURS, *work.peers)
    for program in programs if number % 2 == 0 else reversed(programs):
        try:
            ran = run(program, work.kind, file, work.repetitions)
        except PeerMissing as why:
            collected.missing[program] = str(why)
            continue
        collected.add(program, ran)
        figures = ", ".join(f"{name} {median(seconds):.4f}" for name, seconds in ran.seconds.items())
        say(f"  {work.name}, {program.name}: {figures}")


def rows(found: Found) -> tuple[Row, ...]:
    compared = [_beside(work, found[work], peer) for work in WORKS for peer in work.peers]
    shares = [row for share in SHARES for row in _share_rows(share, found[share])]
    return (*compared, *shares)


def _beside(work: Work, collected: Collected, peer: Program) -> Row:
    ours = _best(OURS, collected)
    if peer in collected.missing:
        why = collected.missing[peer]
        return missing(work.name, ours.seconds, peer_name=peer.name, unit=UNIT, reach=work.reach, why=why)
    best = _best(peer, collected)
    row = compare(
        work.name,
        ours.seconds,
        best.seconds,
        peer_name=f"{peer.name}, {best.name}",
        unit=UNIT,
        better=Better.LESS,
        reach=work.reach,
    )
    return same_answer(row, best.difference, SAME)


def _best(program: Program, collected: Collected) -> Best:
    [reference] = (answer for (each, _), answer in collected.answers.items() if each is OURS)
    every = [
        Best(name, seconds, _difference(collected.answers[each, name], reference))
        for (each, name), seconds in collected.seconds.items()
        if each is program
    ]
    right = [best for best in every if best.difference <= SAME]
    if right:
        return min(right, key=lambda best: median(best.seconds))
    return min(every, key=lambda best: best.difference)


def _difference(answer: Array, reference: Array) -> float:
    return float(np.max(np.abs(answer - reference)) / np.max(np.abs(reference)))


def _share_rows(share: Share, collected: Collected) -> list[Row]:
    """What ours adds to a solve, against what it may; then the same of each peer, which informs."""
    ours = _share(share, collected, OURS)
    wanted = compare(
        share.name, ours, [share.most], peer_name="what is wanted", unit=_OF_SOLVE, better=Better.LESS, reach=1.0
    )
    return [wanted, *(_share_beside(share, collected, peer) for peer in share.peers)]


def _share_beside(share: Share, collected: Collected, peer: Program) -> Row:
    ours = _share(share, collected, OURS)
    if peer in collected.missing:
        why = collected.missing[peer]
        return missing(share.name, ours, peer_name=peer.name, unit=_OF_SOLVE, reach=None, why=why)
    theirs = _share(share, collected, peer)
    row = compare(share.name, ours, theirs, peer_name=peer.name, unit=_OF_SOLVE, better=Better.LESS)
    answers = (collected.answers[program, share.part] for program in (peer, OURS))
    return same_answer(row, _difference(*answers), SAME)


def _share(share: Share, collected: Collected, program: Program) -> list[float]:
    """One figure: a quotient of medians is steadier than the median of quotients."""
    part, whole = (median(collected.seconds[program, name]) for name in (share.part, share.whole))
    return [part / whole]
