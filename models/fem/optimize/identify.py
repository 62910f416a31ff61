"""The identification model: quasi-Newton steps within bounds, every fifth by Gauss and Newton.

Neither alone is quick on all data: see DESIGN.md. The search ends by a bound on what is left to gain, not where it has
become slow.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, fields

import numpy as np

from models.base import Array, Evidence, Outcome, Progress, State, Step, SteppedModel
from models.fem.direct import SingularMatrix
from models.fem.optimize import lbfgs, newton
from models.fem.optimize.identification import Evaluation, Identification, identification
from models.fem.optimize.identify_task import IdentifyResult, IdentifyTask
from models.fem.optimize.lbfgs import Iterate
from models.fem.scale import out_of_scale
from models.fem.sessions import Sessions
from models.fem.solve import RESIDUAL_LIMIT

NEWTON_EVERY = 5


class IdentifySolver(SteppedModel[IdentifyTask, IdentifyResult]):
    """Sparse direct on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        self._sessions = Sessions()

    def steps(self, task: IdentifyTask, state: State | None) -> Generator[Step, None, IdentifyResult]:
        """Raises `Refusal`."""
        task.check()
        plan = self._sessions.plan(task)
        task.check_measured_points(plan.point_count)
        try:
            with np.errstate(all="ignore"):  # what leaves the range is refused
                search = _Search(task, identification(task, plan))
            at, history = search.begun() if state is None else _restored(state)
            while not search.has_ended(at):
                at = search.step(at)
                history = np.append(history, at.value)
                yield Step(search.progress(at), {**_arrays(at), "history": history})
            return search.result(at, history)
        except SingularMatrix:
            raise out_of_scale() from None


@dataclass(frozen=True, eq=False)
class _Search:
    task: IdentifyTask
    goal: Identification

    def begun(self) -> tuple[Iterate, Array]:
        """At the prior, or what the bounds leave of it."""
        return lbfgs.start(np.zeros(len(self.goal.shares)), self._objective, self.goal.bounds), np.zeros(0)

    def step(self, at: Iterate) -> Iterate:
        direction = None
        if at.count[0] % NEWTON_EVERY == 0:
            here = self._at(at.x)
            free = lbfgs.free(at, self.goal.bounds)
            with np.errstate(all="ignore"):
                direction = newton.direction(
                    at.gradient, lambda d: self.goal.curvature(here, d), self.goal.penalty(here), free
                )
            if not float(direction @ at.gradient) < 0:  # round-off, or nothing is free
                direction = None
        return lbfgs.step(at, self._objective, self.goal.bounds, direction)

    def gap(self, at: Iterate) -> float:
        return self.goal.gap(at.x, at.gradient)

    def has_arrived(self, at: Iterate) -> bool:
        return self.gap(at) <= self.task.tolerance * max(1.0, float(at.value[0]))

    def has_ended(self, at: Iterate) -> bool:
        return bool(at.count[0] >= self.task.steps or at.stuck[0] or self.has_arrived(at))

    def progress(self, at: Iterate) -> Progress:
        done, value = int(at.count[0]), float(at.value[0])
        scalars = {"objective": value, "gap": self.gap(at)}
        return Progress(done, done / self.task.steps, f"misfit + penalty {value:.6g}", scalars)

    def result(self, at: Iterate, history: Array) -> IdentifyResult:
        here, bounds = self._at(at.x), self.goal.bounds
        at_bound = (at.x <= bounds.lower) | (at.x >= bounds.upper)
        return IdentifyResult(
            conductivity=self.goal.conductivity(here),
            u=here.u,
            residuals=here.residuals,
            at_bound=at_bound[self.goal.patches],
            objective=history,
            evidence=self._evidence(at, here, int(np.count_nonzero(at_bound))),
        )

    def _objective(self, x: Array) -> tuple[float, Array]:
        here = self._at(x)
        return here.value, here.gradient

    def _at(self, x: Array) -> Evaluation:
        with np.errstate(all="ignore"):
            here = self.goal.at(x)
        if not here.is_finite:
            raise out_of_scale()
        return here

    def _evidence(self, at: Iterate, here: Evaluation, bounded: int) -> Evidence:
        task, advice = self.task, self._advice(at, here)
        discrepancy = float(np.sqrt(np.mean(here.residuals**2)))
        said = (
            f"P{task.degree} Lagrange elements, {here.solver}",
            f"{int(at.count[0])} steps of L-BFGS within bounds, every {NEWTON_EVERY}th by Gauss and Newton, by "
            f"discrete adjoints, towards a local minimum of misfit + penalty, at most {self.gap(at):.1e} above it "
            "where the misfit is convex",
            f"discrepancy {discrepancy:.3g} (root mean square of residuals: about 1 where only noise is left, less "
            "where noise was fitted)",
            f"misfit {here.misfit:.4g}",
            f"variation {here.variation:.4g} with weight {task.variation:g}, jumps rounded at {task.rounding:g}",
            f"penalty {here.quadratic:.4g} with magnitude {task.magnitude:g} and roughness {task.roughness:g}",
            f"{bounded} of {len(at.x)} unknowns at a bound",
        )
        return Evidence(
            outcome=Outcome.NOT_CONVERGED if advice else Outcome.CONVERGED,
            advice=advice,
            method="; ".join(said),
            residual=here.algebraic,
        )

    def _advice(self, at: Iterate, here: Evaluation) -> str:
        if not here.algebraic <= RESIDUAL_LIMIT:
            return "the system is very ill conditioned: draw the bounds nearer, or lower the contrast of conductivity"
        if not self.has_arrived(at):
            return "the search ended early: allow more steps, a larger tolerance, rounding or deviations, or less room"
        return ""


def _arrays(at: Iterate) -> dict[str, Array]:
    return {field.name: getattr(at, field.name) for field in fields(Iterate)}


def _restored(state: State) -> tuple[Iterate, Array]:
    return Iterate(**{field.name: state[field.name] for field in fields(Iterate)}), state["history"]
