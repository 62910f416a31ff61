"""The steady Navier–Stokes model: Stokes, Newton, then the adjoint with the Jacobian of the solution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from skfem import Mesh

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.domain.batch import in_order
from models.fem.domain.linear import RESIDUAL_LIMIT
from models.fem.flow.adjoint import Cotangent, Gradient, cotangent, gradient
from models.fem.flow.answer import fields
from models.fem.flow.asked import asked
from models.fem.flow.body import body_functions
from models.fem.flow.factor import factorised, out_of_scale
from models.fem.flow.newton import Equations, Steady, steady
from models.fem.flow.problem import flow
from models.fem.flow.space import element_names
from models.fem.flow.steady_task import SteadyFlowResult, SteadyFlowTask


class SteadyFlowSolver:
    """Sparse direct on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[SteadyFlowTask]) -> list[SteadyFlowResult | Refusal]:
        """One result or refusal for each task, in order."""
        return in_order(tasks, answer)


def answer(task: SteadyFlowTask, mesh: Mesh) -> SteadyFlowResult:
    """Raises `Refusal`."""
    given = flow(task, mesh)
    equations = Equations(given, given.data(), task.density)
    tested = body_functions(given.space, task.body) if task.body else None
    if task.has_cotangent:
        cotangent(task, given)  # sizes are refused before anything is solved
    stokes = factorised(given.linear, given.fixed).solve(equations.data.load, equations.data.values)
    found = steady(equations, stokes.x, task.max_steps)
    made = fields(given, found.x)
    force = None if tested is None else _force(equations, found.x, tested)
    wanted = asked(task, given, made.velocity, made.pressure, force)
    slope = _gradient(equations, found.x, wanted.cotangent) if wanted.cotangent and found.reached == 1 else None
    if not np.isfinite(made.velocity.sum() + made.pressure.sum() + found.residual):
        raise out_of_scale()
    return SteadyFlowResult(
        velocity=made.velocity,
        pressure=made.pressure,
        points=given.space.points,
        cells=given.space.cells,
        body_force=force,
        functional=wanted.value,
        net_outflow=made.net_outflow,
        cell_outflow=made.cell_outflow,
        history=found.history,
        viscosity_gradient=wanted.viscosity_gradient(slope),
        force_gradient=slope.force if slope else None,
        boundary_gradient=slope.boundary if slope else None,
        density_gradient=np.array([slope.dual @ equations.convective(found.x)]) if slope else None,
        evidence=_evidence(task, found, slope),
    )


def _gradient(equations: Equations, x: Array, wanted: Cotangent) -> Gradient:
    jacobian = equations.jacobian(x)
    return gradient(equations.flow, x, jacobian, factorised(jacobian, equations.flow.fixed), wanted)


def _force(equations: Equations, x: Array, tested: Array) -> Array:
    """The traction's own load is no part of what it balances."""
    return np.asarray(-tested.T @ (equations.residual(x) + equations.data.load - equations.data.body))


def _evidence(task: SteadyFlowTask, found: Steady, slope: Gradient | None) -> Evidence:
    residual = max(found.residual, slope.residual if slope else 0.0)
    return Evidence(
        outcome=Outcome.CONVERGED if residual <= RESIDUAL_LIMIT else Outcome.NOT_CONVERGED,
        advice="" if residual <= RESIDUAL_LIMIT else _advice(found),
        method=f"{element_names(task.cell_kind)} Taylor–Hood elements, Newton with continuation, sparse LU",
        residual=residual,
    )


def _advice(found: Steady) -> str:
    if found.reached == 1:
        return "the equations are very ill conditioned: improve flat cells or lower the contrast of μ"
    return (
        f"Newton's method found the flow up to {found.reached:.3g} of the density only, and that flow is "
        "returned: refine the mesh where layers are thin, raise max_steps, or ask whether a steady flow is stable here"
    )
