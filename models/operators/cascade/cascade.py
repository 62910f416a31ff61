"""The certified cascade: an operator's field comes out as it was, corrected or certified, or finite elements answer.

With a tolerance: the operator answers, the hypercircle bounds its error, and within the tolerance it goes out. Else the
discrete problem is solved, from the operator's field where that is of use, and bounded in the same way. What is not
within the tolerance then does not go out at all. A lower bound on the error, which costs less than a solve, is looked
at before the certificate, which costs many: it spares those that could not but miss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.base import Array, Evidence
from models.fem.bound import Certificate
from models.fem.energy import energy_norm
from models.fem.equilibration import Flux
from models.operators.cascade.answer import Answer, Guess
from models.operators.cascade.candidates import Candidate, Candidates, digest
from models.operators.cascade.certificate import BY_FLUX, certify, nearer
from models.operators.cascade.costs import Work
from models.operators.cascade.discrete import Discrete
from models.operators.cascade.estimate import Corrected, Estimate, correct
from models.operators.cascade.grid import Grid, Question
from models.operators.cascade.meter import Meter
from models.operators.cascade.road import Decision, Road, Why
from models.operators.cascade.solving import Solved, solve
from models.operators.cascade.wish import Wish

# Of a field's energy error to its norm. Below, it is nearer to the solution than 0 is: worth starting from.
WORTH_STARTING = 0.5

_OPERATOR = "neural operator"


def answer(
    grid: Grid, asked: Question, guess: Guess | None, wish: Wish, candidates: Candidates, clock: Callable[[], float]
) -> Answer:
    """`guess` is None where the operator was not asked, as `costs.is_solving_cheaper` advised.

    Raises `Refusal` for a wish, a question or a field that makes no sense, and OUT_OF_RANGE for numbers beyond floating
    point.
    """
    wish.check()
    discrete, meter = grid.pose(asked), Meter(clock)
    if guess is None:
        return _answer(solve(discrete, wish, meter), Why.CHEAPER, meter)
    grid.check_field(guess.field)
    return _Cascade(discrete, asked, guess, wish, candidates, meter).run()


@dataclass(frozen=True, eq=False)
class _Cascade:
    discrete: Discrete
    asked: Question
    guess: Guess
    wish: Wish
    candidates: Candidates
    meter: Meter

    def run(self) -> Answer:
        if not np.isfinite(self.guess.field).all():
            return self._solved(Why.NOT_FINITE)
        if not self.wish.is_verified:
            return Answer(self.guess.field, Decision(Road.OPERATOR, Why.ASKED), Evidence(method=_OPERATOR))
        if self.guess.is_far and self.wish.is_certified:
            return self._solved(Why.FAR)
        u, steps = np.asarray(self.guess.field, np.float64), self.wish.corrections
        with np.errstate(all="ignore"):
            found = self.meter.of(Work.STEP, lambda: correct(self.discrete, u, steps), self.wish.all_steps)
        if not np.isfinite(found.given.energy.value):  # finite, but its squares are not
            return self._solved(Why.NOT_FINITE)
        return self._certified(found) if self.wish.is_certified else self._estimated(found)

    def _estimated(self, found: Corrected) -> Answer:
        steps = self.wish.corrections
        decision = Decision(Road.CORRECTED if steps else Road.OPERATOR, Why.ASKED, steps)
        evidence = Evidence(method=self._method, error_bound=found.left.energy)
        return Answer(found.u, decision, evidence, found.given, found.left, spent=tuple(self.meter.spent))

    def _certified(self, found: Corrected) -> Answer:
        steps, tolerance = self.wish.corrections, self.wish.tolerance
        if tolerance is not None and found.left.energy.relative > tolerance:
            return self._solved(Why.REFUTED, found)
        proof = self.meter.of(Work.CERTIFICATE, lambda: self._proof(found))
        if tolerance is not None and not proof.bound.relative <= tolerance:
            return self._solved(Why.MISSED, found, proof.flux)
        return Answer(
            found.u,
            Decision(
                Road.CORRECTED if steps else Road.OPERATOR_CERTIFIED,
                Why.ASKED if tolerance is None else Why.WITHIN,
                steps,
            ),
            Evidence(method=f"{self._method}; {BY_FLUX}", error_bound=proof.bound),
            found.given,
            found.left,
            proof.shares,
            tuple(self.meter.spent),
            None if tolerance is None else False,
        )

    def _proof(self, found: Corrected) -> Certificate:
        return certify(self.discrete, found.u, nearer(self.discrete, found.near))

    def _solved(self, why: Why, found: Corrected | None = None, flux: Flux | None = None) -> Answer:
        is_near = found is not None and found.given.energy.relative < WORTH_STARTING
        solved = solve(self.discrete, self.wish, self.meter, found.near if found and is_near else None, flux)
        self.candidates.offer(self._candidate(why, solved.solution.x))
        given = found.given if found else None
        return _answer(solved, why, self.meter, given, None if self.wish.tolerance is None else True)

    def _candidate(self, why: Why, solution: Array) -> Candidate:
        with np.errstate(all="ignore"):
            away = energy_norm(self.discrete.problem, np.asarray(self.guess.field, np.float64) - solution)
        norm = energy_norm(self.discrete.problem, solution)
        relative = away / norm if norm > 0 and np.isfinite(away) else float("inf")
        return Candidate(digest(self.asked), self.asked, self.guess.field, solution, why, relative)

    @property
    def _method(self) -> str:
        steps = self.wish.corrections
        return f"{_OPERATOR}, {steps} steps towards the discrete solution" if steps else _OPERATOR


def _answer(
    solved: Solved, why: Why, meter: Meter, given: Estimate | None = None, is_missed: bool | None = None
) -> Answer:
    u = solved.solution.x if solved.is_within else None
    shares = solved.shares if solved.is_within else None
    decision, spent = Decision(Road.FEM, why), tuple(meter.spent)
    return Answer(u, decision, solved.evidence, given, None, shares, spent, is_missed)
