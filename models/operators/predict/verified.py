"""Answers to Darcy's problem that are verified by finite elements, or given by them: the cascade for a task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from msgspec.structs import replace as changed

from models.base import Array, ErrorBound, Evidence, Outcome, Refusal
from models.fem.energy import energy_norm
from models.operators.calibrated import Calibrated
from models.operators.cascade.answer import Answer, Guess
from models.operators.cascade.candidates import Candidate
from models.operators.cascade.cascade import answer
from models.operators.cascade.costs import Costs, Spent, Work, is_solving_cheaper
from models.operators.cascade.grid import Grid, Question, grid
from models.operators.generators.darcy import conductivity
from models.operators.predict.forward import Said, grid_of
from models.operators.predict.task import PredictTask

DARCY = "darcy"  # the problem of a card that finite elements can answer here
_GRIDS = 8  # kept at once; one of 256² nodes holds some tens of megabytes


@dataclass(frozen=True, eq=False)
class Verified:
    """Of one function. `u` (points,) float32 is None where nothing was within the tolerance."""

    u: Array | None
    road: str  # one of task.ROADS
    reason: str
    evidence: Evidence
    missed: Candidate | None = None  # where finite elements have answered since the operator's answer would not do

    @property
    def is_own(self) -> bool:
        """Whether it is the operator's answer, for which its deviations are."""
        return self.road in ("operator", "operator_certified")


class Verifier:
    """For one thread. It remembers what each road has cost on each grid, by `clock`, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._costs: dict[tuple[str, int], Costs] = {}
        self._grid = lru_cache(_GRIDS)(grid)

    def is_solving_cheaper(self, name: str, task: PredictTask) -> bool:
        """Then the operator need not be asked at all."""
        return is_solving_cheaper(task.wish, self._costs.get((name, _divisions(task)), Costs()))

    def forward_took(self, name: str, task: PredictTask, seconds: float, count: int) -> None:
        """What an operator's pass has cost for so many functions."""
        self._feed((name, _divisions(task)), (Spent(Work.FORWARD, seconds, count),), None)

    def run(self, name: str, task: PredictTask, said: Said | None) -> list[Verified]:
        """One for each function of the task; `said` is None where the operator was not asked. Raises `Refusal`."""
        divisions = _divisions(task)
        place = self._grid(divisions)
        return [self._one(name, task, place, divisions, said, at) for at in range(len(task.values))]

    def _one(self, name: str, task: PredictTask, place: Grid, divisions: int, said: Said | None, at: int) -> Verified:
        asked = Question(conductivity(task.values[at, :, 0], divisions), np.ones(1))
        guess = None if said is None else Guess(place.conforming(said.mean[at, :, 0]), bool(said.far[at]))
        offered = _Offered()
        found = answer(place, asked, guess, task.wish, offered, self._clock)
        self._feed((name, divisions), found.spent, found.is_missed)
        return replace(_in_single_precision(found, place, asked, task.wish.tolerance), missed=offered.candidate)

    def _feed(self, key: tuple[str, int], spent: tuple[Spent, ...], is_missed: bool | None) -> None:
        self._costs[key] = self._costs.get(key, Costs()).fed(spent, is_missed)


class _Offered:
    """The candidate for training that one answer has made, if any. Whoever asked decides whether it is kept."""

    def __init__(self) -> None:
        self.candidate: Candidate | None = None

    def offer(self, candidate: Candidate) -> None:
        self.candidate = candidate


def check_verifiable(operator: Calibrated, task: PredictTask) -> None:
    """Raises `Refusal` NOT_VERIFIABLE, NOT_POSITIVE."""
    shape = grid_of(task)
    if operator.card.problem != DARCY or len(shape) != 2 or shape[0] != shape[1] or shape[0] < 3:
        message = f"is for {DARCY} on n × n nodes of the unit square, n at least 3; ask for none"
        raise Refusal("NOT_VERIFIABLE", message, "verify", {"problem": operator.card.problem})
    if task.positions is not None:
        raise Refusal("NOT_VERIFIABLE", "is for the unit square; leave positions out", "positions")
    if task.values.shape[2] != 1 or task.values.min() <= 0:
        raise Refusal("NOT_POSITIVE", "has a permeability that is not above 0", "values")


def _divisions(task: PredictTask) -> int:
    return grid_of(task)[0] - 1


def _in_single_precision(found: Answer, place: Grid, asked: Question, tolerance: float | None) -> Verified:
    """As it goes out: with the error of rounding in its bound (triangle inequality)."""
    if found.u is None:
        return Verified(None, "withheld", f"finite elements: {found.evidence.advice}", found.evidence)
    u = found.u.astype(np.float32)
    evidence, bound = found.evidence, found.evidence.error_bound
    if bound is not None and not np.array_equal(u, found.u):
        problem = place.pose(asked).problem
        away = energy_norm(problem, u.astype(np.float64) - found.u)
        evidence = changed(evidence, error_bound=_wider(bound, away, energy_norm(problem, found.u)))
    reached = None if evidence.error_bound is None else evidence.error_bound.relative
    if tolerance is not None and reached is not None and reached > tolerance:
        advice = "the tolerance is below what single precision can hold: ask with a larger one"
        withheld = changed(evidence, outcome=Outcome.NOT_CONVERGED, advice=advice)
        return Verified(None, "withheld", advice, withheld)
    return Verified(u, found.decision.road.value, str(found.decision.why.value), evidence)


def _wider(bound: ErrorBound, by: float, norm: float) -> ErrorBound:
    """By an energy error; `norm` is that of the answer before it, as rounding may make the norm smaller by as much."""
    value = bound.value + by
    return changed(bound, value=value, relative=value / (norm - by) if norm > by else float("inf"))
