"""The inverse model: the conductivity that explains measurements, by regularised least squares.

The objective is misfit + penalty. A trust region with the Hessian of Gauss and Newton minimises it, its steps by
conjugate gradients (Steihaug 1983, SIAM J. Numer. Anal. 20, 626-637): one factorisation for each evaluation, whatever
the number of unknowns, and two solves with it for each product with the Hessian. Where many precise values are given,
L-BFGS needs hundreds of evaluations instead. The objective is not convex: what is found is a local minimum, if not the
global one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from scipy.optimize import minimize

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.direct import SingularMatrix
from models.fem.inverse_task import InverseResult, InverseTask
from models.fem.objective import Objective, State, objective
from models.fem.scale import out_of_scale
from models.fem.sessions import Sessions
from models.fem.solve import RESIDUAL_LIMIT

_PRODUCTS = 100  # with the Hessian, for each step at most, on average; 30 are usual
_AT_LIMIT = 0.99  # of the logarithm of the largest factor


class InverseSolver:
    """Sparse direct on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        self._sessions = Sessions()

    def run(self, tasks: Sequence[InverseTask]) -> list[InverseResult | Refusal]:
        """One result or refusal for each task, in order."""
        return [self._answer(task) for task in tasks]

    def _answer(self, task: InverseTask) -> InverseResult | Refusal:
        try:
            task.check()
            plan = self._sessions.plan(task)
            task.check_measured_points(plan.point_count)
            with np.errstate(all="ignore"):  # what leaves the range is refused
                return search(task, objective(task, plan))
        except Refusal as refusal:
            return refusal
        except SingularMatrix:
            return out_of_scale()


class _Spent(Exception):
    """The search has had as many products with the Hessian as it may."""


class _Path:
    """The steps of a search. Each z is evaluated once; what was tried for a step is dropped when that is made."""

    def __init__(self, objective: Objective, tolerance: float, products: int) -> None:
        self._objective = objective
        self._tolerance = tolerance
        self._products = products
        self._states: dict[bytes, State] = {}
        self.latest = self.at(np.zeros(objective.patch_count))
        self.values = [self.latest.value]

    def at(self, z: Array) -> State:
        """Raises `Refusal` OUT_OF_RANGE or `SingularMatrix`."""
        key = z.tobytes()
        if key not in self._states:
            state = self._objective.at(z)
            if not state.is_finite:
                raise out_of_scale()
            self._states[key] = state
        return self._states[key]

    def curvature(self, z: Array, direction: Array) -> Array:
        """Raises `_Spent`."""
        if self._products == 0:
            raise _Spent
        self._products -= 1
        return self._objective.curvature(self.at(z), direction)

    def step(self, z: Array) -> None:
        """Raises `StopIteration`, SciPy's way to be told so, where the search has arrived."""
        self.latest = self.at(z)
        self.values.append(self.latest.value)
        self._states = {z.tobytes(): self.latest}
        if self.has_arrived:
            raise StopIteration

    @property
    def has_arrived(self) -> bool:
        return self.latest.distance <= self._tolerance * max(1.0, self.latest.value)


def search(task: InverseTask, objective: Objective, products_per_step: int = _PRODUCTS) -> InverseResult:
    """Raises `Refusal` OUT_OF_RANGE or `SingularMatrix`."""
    path = _Path(objective, task.tolerance, products_per_step * task.steps)
    if not path.has_arrived:
        with suppress(_Spent):
            minimize(
                lambda z: (path.at(z).value, path.at(z).gradient),
                np.zeros(objective.patch_count),
                jac=True,
                hessp=path.curvature,
                method="trust-ncg",
                callback=path.step,
                options={"maxiter": task.steps, "gtol": 0.0},
            )
    last = path.latest
    return InverseResult(
        conductivity=objective.unknown.conductivity(last.exponents),
        u=last.u,
        residuals=last.residuals,
        objective=np.array(path.values),
        evidence=_evidence(task, last, len(path.values) - 1, path.has_arrived),
    )


def _evidence(task: InverseTask, last: State, steps: int, has_arrived: bool) -> Evidence:
    advice = _advice(last, has_arrived)
    at_limit = int(np.count_nonzero(np.abs(last.exponents) > _AT_LIMIT * np.log(task.largest_factor)))
    said = (
        f"P{task.degree} Lagrange elements, sparse LU",
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
