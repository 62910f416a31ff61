"""The Stokes model: one factorisation for the flow and for its adjoint."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from skfem import Mesh

from models.base import Evidence, Outcome, Refusal
from models.fem.domain.batch import in_order
from models.fem.domain.linear import RESIDUAL_LIMIT
from models.fem.flow.adjoint import cotangent, gradient
from models.fem.flow.answer import fields
from models.fem.flow.asked import asked
from models.fem.flow.body import body_functions
from models.fem.flow.factor import factorised, out_of_scale
from models.fem.flow.problem import flow
from models.fem.flow.space import element_names
from models.fem.flow.stokes_task import StokesResult, StokesTask


class StokesSolver:
    """Sparse direct on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[StokesTask]) -> list[StokesResult | Refusal]:
        """One result or refusal for each task, in order."""
        return in_order(tasks, answer)


def answer(task: StokesTask, mesh: Mesh) -> StokesResult:
    """Raises `Refusal`."""
    given = flow(task, mesh)
    data = given.data()
    tested = body_functions(given.space, task.body) if task.body else None
    if task.has_cotangent:
        cotangent(task, given)  # sizes are refused before anything is solved
    system = factorised(given.linear, given.fixed)
    solution = system.solve(data.load, data.values)
    made = fields(given, solution.x)
    force = None if tested is None else -tested.T @ (given.linear @ solution.x - data.body)
    wanted = asked(task, given, made.velocity, made.pressure, force)
    found = gradient(given, solution.x, given.linear, system, wanted.cotangent) if wanted.cotangent else None
    residual = max(solution.residual, found.residual if found else 0.0)
    if not np.isfinite(made.velocity.sum() + made.pressure.sum() + residual):
        raise out_of_scale()
    converged = residual <= RESIDUAL_LIMIT
    return StokesResult(
        velocity=made.velocity,
        pressure=made.pressure,
        points=given.space.points,
        cells=given.space.cells,
        body_force=force,
        functional=wanted.value,
        net_outflow=made.net_outflow,
        cell_outflow=made.cell_outflow,
        viscosity_gradient=wanted.viscosity_gradient(found),
        force_gradient=found.force if found else None,
        boundary_gradient=found.boundary if found else None,
        evidence=Evidence(
            outcome=Outcome.CONVERGED if converged else Outcome.NOT_CONVERGED,
            advice=""
            if converged
            else "the system is very ill conditioned: improve flat cells or lower the contrast of μ",
            method=f"{element_names(task.cell_kind)} Taylor–Hood elements, sparse LU",
            residual=residual,
        ),
    )
