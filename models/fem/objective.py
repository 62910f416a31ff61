"""What the inverse model minimises: misfit + penalty as a function of z, with its derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array, Refusal
from models.fem.adjoint import fixed_values, load
from models.fem.direct import SingularMatrix
from models.fem.inverse_task import InverseTask
from models.fem.log_conductivity import LogConductivity, precision
from models.fem.measured import Measurements, measurements
from models.fem.problem import Problem, problem
from models.fem.sessions import AnyOperator, AnyPlan
from models.fem.whitening import Whitening, whitening


@dataclass(frozen=True, eq=False)
class State:
    """The objective at one z, and what it is made of."""

    system: AnyOperator
    exponents: Array  # (patches,): logarithms of the factors
    u: Array
    residuals: Array
    misfit: float
    penalty: float
    gradient: Array  # (patches,): by z
    algebraic: float  # the larger of the relative residuals of the two solves

    @property
    def value(self) -> float:
        return self.misfit + self.penalty

    @property
    def is_finite(self) -> bool:
        return bool(np.isfinite(self.value) and np.isfinite(self.gradient).all() and np.isfinite(self.u).all())

    @property
    def distance(self) -> float:
        """½ |gradient|²: by how much the objective can fall at most where the misfit is convex in z.

        The penalty ½ z·z has Hessian 1, and f(z) − min f ≤ |∇f(z)|² / 2μ where the Hessian is at least μ (Nesterov
        2004, Introductory Lectures on Convex Optimization, theorem 2.1.10).
        """
        return float(self.gradient @ self.gradient) / 2


@dataclass(frozen=True, eq=False)
class Objective:
    """misfit + ½ z·z, for z (patches,)."""

    plan: AnyPlan
    load: Array  # (points,)
    fixed: Array  # (points,)
    measured: Measurements
    unknown: LogConductivity
    patch_count: int

    def at(self, z: Array) -> State:
        """Raises `SingularMatrix`."""
        exponents = self.unknown.exponents(z)
        system = self.plan.operator(self.unknown.conductivity(exponents))
        [forward] = system.solve([self.load], [self.fixed])
        [adjoint] = system.solve([self.measured.misfit_gradient(forward.x)], [np.zeros_like(self.fixed)])
        slope = -self.plan.conductivity_gradient(forward.x, adjoint.x)
        return State(
            system=system,
            exponents=exponents,
            u=forward.x,
            residuals=self.measured.residuals(forward.x),
            misfit=self.measured.misfit(forward.x),
            penalty=float(z @ z) / 2,
            gradient=self.unknown.pull_back(exponents, slope) + z,
            algebraic=max(forward.residual, adjoint.residual),
        )

    def curvature(self, state: State, direction: Array) -> Array:
        """(patches,): (1 + JᵀJ) direction, the Hessian of Gauss and Newton, J being the residuals' derivative by z.

        One tangent and one adjoint solve with the state's factors.
        """
        nothing = np.zeros_like(self.fixed)
        by_conductivity = self.unknown.push_forward(state.exponents, direction)
        [tangent] = state.system.solve([-self.plan.apply(by_conductivity, state.u)], [nothing])
        [adjoint] = state.system.solve([self.measured.curvature(tangent.x)], [nothing])
        slope = -self.plan.conductivity_gradient(state.u, adjoint.x)
        return self.unknown.pull_back(state.exponents, slope) + direction


def objective(task: InverseTask, plan: AnyPlan) -> Objective:
    """Raises `Refusal` WRONG_SIZE, OUT_OF_RANGE, NOT_BOUNDARY or SINGULAR_PROBLEM."""
    given = problem(task, plan.mesh)
    patches = np.arange(len(given.mesh.cells)) if task.patches is None else _without_gaps(task.patches)
    return Objective(
        plan=plan,
        load=load(given),
        fixed=fixed_values(given, plan.point_count),
        measured=measurements(task),
        unknown=LogConductivity(
            prior=given.conductivity,
            patches=patches,
            limit=float(np.log(task.largest_factor)),
            whitening=_whitening(task, given, patches),
        ),
        patch_count=int(patches.max()) + 1,
    )


def _without_gaps(patches: Array) -> Array:
    _, numbers = np.unique(patches, return_inverse=True)
    return np.asarray(numbers)


def _whitening(task: InverseTask, given: Problem, patches: Array) -> Whitening:
    try:
        return whitening(precision(given.mesh, patches, task.magnitude, task.roughness))
    except SingularMatrix:
        raise Refusal(
            "OUT_OF_RANGE",
            f"is {task.magnitude:g}, which is nothing in floating point beside a roughness of {task.roughness:g}; "
            "send weights that are nearer to each other",
            "magnitude",
            {"magnitude": f"{task.magnitude:g}", "roughness": f"{task.roughness:g}"},
        ) from None
