"""The inverse model: the conductivity that explains measurements, by regularised least squares.

The objective is misfit + penalty. A trust region with the Hessian of Gauss and Newton minimises it, its steps by
conjugate gradients: one factorisation for each evaluation, whatever the number of unknowns, and two solves with it for
each product with the Hessian. Where many precise values are given, L-BFGS needs hundreds of evaluations instead. The
objective is not convex: what is found is a local minimum, if not the global one.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from models.base import Array, Evidence, Outcome, Progress, Step, SteppedModel
from models.base import State as ModelState
from models.fem.direct import SingularMatrix
from models.fem.inverse_task import InverseResult, InverseTask
from models.fem.objective import Objective, State, objective
from models.fem.scale import out_of_scale
from models.fem.sessions import AnyPlan, Sessions
from models.fem.solve import RESIDUAL_LIMIT
from models.fem.trust_region import FIRST_RADIUS, is_taken, next_radius, trial

_PRODUCTS = 100  # with the Hessian, for each step at most, on average; 30 are usual
_AT_LIMIT = 0.99  # of the logarithm of the largest factor


class InverseSolver(SteppedModel[InverseTask, InverseResult]):
    """Sparse direct on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        self._sessions = Sessions()

    def steps(self, task: InverseTask, state: ModelState | None) -> Generator[Step, None, InverseResult]:
        try:
            task.check()
            plan = self._sessions.plan(task)
            task.check_measured_points(plan.point_count)
            result = yield from steps(task, _posed(task, plan), state)
        except SingularMatrix:
            raise out_of_scale() from None
        return result


class _Stuck(Exception):
    """The search has had as many products with the Hessian as it may, or round-off is all that is left."""


@dataclass(frozen=True, eq=False)
class _Place:
    """Where a search is: all that it needs to go on, and what the objective is there."""

    z: Array  # (patches,)
    radius: float  # of the trust region
    products_left: int  # with the Hessian
    values: tuple[float, ...]  # of the objective, before the search and after each of its steps
    here: State

    def state(self) -> dict[str, Array]:
        search = np.array([self.radius, float(self.products_left)])
        return {"z": self.z, "search": search, "values": np.array(self.values)}


def steps(
    task: InverseTask, objective: Objective, state: ModelState | None, products_per_step: int = _PRODUCTS
) -> Generator[Step, None, InverseResult]:
    """Raises `Refusal` OUT_OF_RANGE or `SingularMatrix`."""
    place = _start(objective, products_per_step * task.steps) if state is None else _again(objective, state)
    while len(place.values) <= task.steps and not _has_arrived(task, place.here):
        try:
            place = _step(objective, place)
        except _Stuck:
            break
        yield Step(_progress(place), place.state())
    return _result(task, objective, place)


def _posed(task: InverseTask, plan: AnyPlan) -> Objective:
    with np.errstate(all="ignore"):  # what leaves the range is refused
        return objective(task, plan)


def _start(objective: Objective, products: int) -> _Place:
    here = _at(objective, np.zeros(objective.patch_count))
    return _Place(
        here=here, z=np.zeros(objective.patch_count), radius=FIRST_RADIUS, products_left=products, values=(here.value,)
    )


def _again(objective: Objective, state: ModelState) -> _Place:
    radius, products_left = state["search"].tolist()
    values = tuple(state["values"].tolist())
    return _Place(state["z"], radius, int(products_left), values, _at(objective, state["z"]))


def _step(objective: Objective, place: _Place) -> _Place:
    """One step of the trust region; one that is not taken shrinks it. Raises `_Stuck`, `Refusal`, `SingularMatrix`."""
    left = place.products_left

    def curvature(direction: Array) -> Array:
        nonlocal left
        if left == 0:
            raise _Stuck
        left -= 1
        return objective.curvature(place.here, direction)

    with np.errstate(all="ignore"):
        tried = trial(place.here.gradient, curvature, place.radius)
        if not tried.fall > 0:
            raise _Stuck
        z = place.z + tried.move
        there = _at(objective, z)
        fall = place.here.value - there.value
        if not is_taken(tried, fall):
            z, there = place.z, place.here
    return _Place(z, next_radius(place.radius, tried, fall), left, (*place.values, there.value), there)


def _at(objective: Objective, z: Array) -> State:
    """Raises `Refusal` OUT_OF_RANGE or `SingularMatrix`."""
    with np.errstate(all="ignore"):
        state = objective.at(z)
    if not state.is_finite:
        raise out_of_scale()
    return state


def _has_arrived(task: InverseTask, here: State) -> bool:
    return here.distance <= task.tolerance * max(1.0, here.value)


def _progress(place: _Place) -> Progress:
    """Without a fraction: nobody knows how far it is to a minimum."""
    here, done = place.here, len(place.values) - 1
    said = f"objective {here.value:.6g}, at most {here.distance:.1e} above a minimum where the misfit is convex"
    scalars = {"objective": here.value, "misfit": here.misfit, "penalty": here.penalty, "distance": here.distance}
    return Progress(done, message=said, scalars=scalars)


def _result(task: InverseTask, objective: Objective, place: _Place) -> InverseResult:
    last = place.here
    return InverseResult(
        conductivity=objective.unknown.conductivity(last.exponents),
        u=last.u,
        residuals=last.residuals,
        objective=np.array(place.values),
        evidence=_evidence(task, last, len(place.values) - 1, _has_arrived(task, last)),
    )


def _evidence(task: InverseTask, last: State, steps: int, has_arrived: bool) -> Evidence:
    advice = _advice(last, has_arrived)
    at_limit = int(np.count_nonzero(np.abs(last.exponents) > _AT_LIMIT * np.log(task.largest_factor)))
    said = (
        f"P{task.degree} Lagrange elements, sparse Cholesky",
        f"{steps} steps of Gauss-Newton in a trust region, by discrete adjoints, towards a local minimum of misfit "
        f"+ penalty, at most {last.distance:.1e} above it where the misfit is convex",
        f"discrepancy {_discrepancy(last):.3g} (root mean square of residuals: about 1 where only noise is left, less "
        "where noise was fitted)",
        f"misfit {last.misfit:.4g}",
        f"penalty {last.penalty:.4g} with magnitude {task.magnitude:g} and roughness {task.roughness:g}",
        f"{at_limit} of {len(last.exponents)} factors at their limit",
    )
    return Evidence(
        outcome=Outcome.NOT_CONVERGED if advice else Outcome.CONVERGED,
        advice=advice,
        method="; ".join(said),
        residual=last.algebraic,
    )


def _advice(last: State, has_arrived: bool) -> str:
    if not last.algebraic <= RESIDUAL_LIMIT:
        return "the system is very ill conditioned: lower largest_factor or the contrast of conductivity"
    if not has_arrived:
        return "the search ended early: allow more steps, a larger tolerance or deviations, or fewer patches"
    return ""


def _discrepancy(state: State) -> float:
    return float(np.sqrt(np.mean(state.residuals**2)))
