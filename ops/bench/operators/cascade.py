"""The cascade's works, each as a part of the solve that it could spare; and that nothing leaves outside its tolerance.

Inputs are Darcy's; the operator is played by fields whose errors are known: the discrete solution with 3 % of smooth
waves and 0.3 % of noise, as trained networks have them, and fields that have nothing to do with the answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from models.base import Array
from models.fem.energy import energy_norm
from models.operators.cascade.answer import Answer, Guess
from models.operators.cascade.candidates import Candidate
from models.operators.cascade.cascade import answer
from models.operators.cascade.costs import Work
from models.operators.cascade.estimate import correct
from models.operators.cascade.grid import Grid, Question, grid
from models.operators.cascade.wish import Verify, Wish
from models.operators.generators.darcy import discrete_darcy
from models.operators.generators.gaussian_field import gaussian_fields
from ops.bench.contract import Better, Findings, Row, Run, compare

SIZES = (64, 128, 256)
FAR_SIZE = 64
FINER = 4  # times as many divisions has the grid on which a bound is held to the error
TOLERANCES = (0.03, 0.1, 0.3)
LEAST_EFFECTIVITY = 0.95
SEED = 7
NOTES = (
    "cascade: CPU seconds of one thread, warm; a certificate is that of a field that solves nothing, a bound that of "
    "the discrete solution; both guaranteed, and both dearer than the multigrid solve on the cut square",
)


@dataclass(frozen=True)
class Dropped:
    def offer(self, candidate: Candidate) -> None:
        pass


@dataclass(frozen=True, eq=False)
class Timed:
    """On one grid: seconds of each repetition, by work, and the lowest part of an error that its estimate was."""

    divisions: int
    seconds: dict[Work, list[float]] = field(default_factory=dict)
    effectivities: list[float] = field(default_factory=list)


def measure(asked: Run) -> Findings:
    rows: list[Row] = []
    for divisions in SIZES:
        asked.say(f"cascade on {divisions}²")
        rows += rows_of(timed(divisions, 4 * asked.rounds, time.process_time))
    asked.say("cascade far from what anybody was trained on")
    return Findings((*rows, held_row(FAR_SIZE, TOLERANCES)), NOTES)


def timed(divisions: int, repetitions: int, clock: Callable[[], float]) -> Timed:
    held, found = grid(divisions), Timed(divisions)
    for number, asked in enumerate(darcy_questions(divisions, repetitions + 1)):
        discrete = held.pose(asked)
        exact = discrete.solve(None).x
        guess = near(held, exact, number)
        answers = [
            answer(held, asked, each, Wish(Verify.CERTIFICATE), Dropped(), clock) for each in (Guess(guess), None)
        ]
        if number == 0:
            continue  # compiled by now, and new pages of memory are there
        for spent in (each for one in answers for each in one.spent):
            found.seconds.setdefault(spent.work, []).append(spent.seconds / spent.count)
        error = energy_norm(discrete.problem, guess - exact)
        found.effectivities.append(correct(discrete, guess, 0).given.energy.value / error)
    return found


def rows_of(found: Timed) -> list[Row]:
    name = f"{found.divisions}²"
    solve = median(found.seconds[Work.SOLVE])
    works = (
        (f"estimate of an error, {name}", Work.STEP, 2),
        (f"correct(2), {name}", Work.STEP, 3),
        (f"guaranteed certificate, {name}", Work.CERTIFICATE, 1),
        (f"guaranteed bound of the solution, {name}", Work.BOUND, 1),
    )
    parts = [
        compare(
            work,
            [count * seconds for seconds in found.seconds[kind]],
            [solve],
            peer_name="a solve by multigrid",
            unit="CPU s",
            better=Better.LESS,
        )
        for work, kind, count in works
    ]
    lowest = compare(
        f"lowest effectivity of the estimate, {name}",
        [min(found.effectivities)],
        [LEAST_EFFECTIVITY],
        peer_name="what is wanted",
        unit="of the error",
        better=Better.MORE,
        reach=1.0,
    )
    return [*parts, lowest]


def held_row(divisions: int, tolerances: Sequence[float]) -> Row:
    """Of inputs and fields far from any training, under several tolerances: how many were within, or withheld."""
    held, finer, kept, total = grid(divisions), grid(FINER * divisions), 0, 0
    for asked in far_questions(divisions):
        fine = finer.pose(_on_finer(asked, divisions)).solve(None).x
        for u in far_fields(held, asked):
            for tolerance in tolerances:
                found = answer(held, asked, Guess(u), Wish(tolerance=tolerance), Dropped(), time.process_time)
                kept += is_kept(held, asked, found, tolerance, float(finer.unit_load @ fine))
                total += 1
    return compare(
        "far-out inputs whose answer is within its tolerance, or withheld",
        [float(kept)],
        [float(total)],
        peer_name="all of them",
        unit="inputs",
        better=Better.MORE,
        reach=1.0,
    )


def is_kept(held: Grid, asked: Question, found: Answer, tolerance: float, energy: float) -> bool:
    """`energy` is ∫ f u of a solution u in a space that holds ours: then ‖u − v‖² = ∫ f u − 2 ∫ f v + ‖v‖², v ours."""
    if found.u is None:
        return True
    norm = energy_norm(held.pose(asked).problem, found.u)
    square = energy - 2 * float(held.unit_load @ found.u) + norm**2
    return bool(np.sqrt(max(square, 0.0)) <= tolerance * norm)


def darcy_questions(divisions: int, count: int) -> list[Question]:
    discrete, axis = discrete_darcy(divisions), np.linspace(0, 1, divisions + 1)
    fields = gaussian_fields(count, axis, SEED)
    return [Question(discrete.conductivity(np.where(each >= 0, 12.0, 3.0).ravel()), np.ones(1)) for each in fields]


def far_questions(divisions: int) -> list[Question]:
    """Contrasts a thousand times higher, ten times as many patches, and noise from square to square."""
    middle = (np.arange(divisions) + 0.5) / divisions
    [wide] = gaussian_fields(1, middle, SEED)
    [busy] = gaussian_fields(1, middle, SEED, rate=30.0)
    noise = np.exp(np.random.default_rng(SEED).standard_normal((divisions, divisions)))
    squares = (np.where(wide >= 0, 12_000.0, 3.0), np.where(busy >= 0, 12.0, 3.0), noise)
    return [Question(np.repeat(each.ravel(), 2), np.ones(1)) for each in squares]


def far_fields(held: Grid, asked: Question) -> list[Array]:
    """Nothing, noise, the answer times −1, 1000 and 1.2, the answer of another question, and a good one."""
    exact, other = held.pose(asked).solve(None).x, held.pose(Question(np.ones(1), np.ones(1))).solve(None).x
    noise = np.random.default_rng(SEED).standard_normal(len(exact)) * np.abs(exact).max()
    fields = (0 * exact, noise, -exact, 1000 * exact, 1.2 * exact, other, 1.001 * exact)
    return [held.conforming(each) for each in fields]


def near(held: Grid, exact: Array, seed: int) -> Array:
    """The field of a good network: see above."""
    rng, number = np.random.default_rng(seed), np.arange(1, 9)
    x = np.linspace(0, 1, round(len(exact) ** 0.5))
    waves = np.sin(np.pi * np.outer(x, number))
    smooth = (waves @ (rng.standard_normal((8, 8)) / (number[:, None] ** 2 + number**2)) @ waves.T).ravel()
    noise, size = rng.standard_normal(len(exact)), float(np.linalg.norm(exact))
    away = 0.03 * smooth / np.linalg.norm(smooth) + 0.003 * noise / np.linalg.norm(noise)
    return held.conforming(exact + size * away)


def _on_finer(asked: Question, divisions: int) -> Question:
    """The same function k on the finer grid."""
    squares = asked.conductivity[::2].reshape(divisions, divisions)
    return Question(np.repeat(np.kron(squares, np.ones((FINER, FINER))).ravel(), 2), asked.source)
