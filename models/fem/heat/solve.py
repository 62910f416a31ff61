"""The heat model: tasks in, fields at the chosen times out, and gradients through all steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from skfem import Basis, Mesh

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.check import check_size
from models.fem.direct import SingularMatrix
from models.fem.domain.asked import Asked, asked
from models.fem.domain.basis import quadrature_order, scalar_basis
from models.fem.domain.batch import in_order
from models.fem.domain.cellwise import on_cells
from models.fem.domain.elements import cell_points, element_name, points
from models.fem.domain.linear import RESIDUAL_LIMIT
from models.fem.domain.posed import coordinates
from models.fem.heat.adjoint import gradient, stride
from models.fem.heat.scheme import Scheme, data, scheme
from models.fem.heat.task import HeatResult, HeatTask

NAMES = {0.5: "implicit midpoint rule", 1.0: "backward Euler"}


class HeatSolver:
    """Sparse direct on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[HeatTask]) -> list[HeatResult | Refusal]:
        """One result or refusal for each task, in order."""
        return in_order(tasks, answer)


def answer(task: HeatTask, mesh: Mesh) -> HeatResult:
    """Raises `Refusal`."""
    basis = scalar_basis(task, mesh)
    if task.cotangent is not None:
        check_size("cotangent", task.cotangent.T, (basis.N,), "one per point")
    posed = _scheme(task, basis)
    start = _initial(task, posed)
    wanted, length = frozenset(task.saved_steps), stride(task.steps)
    wants_gradient = task.cotangent is not None or task.derivatives
    kept, saved, residual = {0: start}, [], 0.0
    for n, (u, rest) in enumerate(posed.march(start, 0, task.steps), start=1):
        residual = max(residual, rest)
        if n in wanted:
            saved.append(u)
        if wants_gradient and n % length == 0:
            kept[n] = u
    if not np.isfinite(saved[-1].sum()):
        raise _out_of_scale()
    coefficients = {"conductivity": task.conductivity, "capacity": task.capacity}
    functional = asked(task, mesh, saved[-1], _rows(task)[-1], coefficients)
    converged = residual <= RESIDUAL_LIMIT
    name = NAMES.get(task.theta, f"θ-scheme with θ = {task.theta:g}")
    element = element_name(task.cell_kind, task.degree)
    return HeatResult(
        u=np.stack(saved),
        times=task.time_step * np.array(task.saved_steps, dtype=np.float64),
        points=points(basis),
        cells=cell_points(basis),
        evidence=Evidence(
            outcome=Outcome.CONVERGED if converged else Outcome.NOT_CONVERGED,
            advice="" if converged else "the system is very ill conditioned: improve flat cells or lower the contrast",
            method=f"{element} Lagrange elements, {name}, {task.steps} steps with one sparse LU",
            residual=residual,
        ),
        functional=_functional(task, functional, saved),
        **functional.with_explicit(_gradients(task, posed, kept, functional.cotangent)),
    )


def _scheme(task: HeatTask, basis: Basis) -> Scheme:
    cells = basis.mesh.nelements
    driven = data(
        basis, task.read_conditions(), task.read_source(), on_cells(task.cell_source, cells), quadrature_order(task)
    )
    k, capacity = on_cells(task.conductivity, cells), on_cells(task.capacity, cells)
    try:
        return scheme(driven, k, capacity, task.time_step, task.theta)
    except SingularMatrix:
        raise _out_of_scale() from None


def _initial(task: HeatTask, posed: Scheme) -> Array:
    """(points,)"""
    basis = posed.data.basis
    u = task.read_initial()(coordinates(basis.doflocs), (basis.N,)).copy()
    if task.initial_values is not None:
        check_size("initial_values", task.initial_values, (basis.N,), "one per point")
        u += task.initial_values
    fixed, values = posed.data.prescribed(0.0)
    u[fixed] = values
    return u


def _rows(task: HeatTask) -> Sequence[Array | None]:
    """The cotangents, that of the last u at last."""
    if task.cotangent is None:
        return (None,)
    return tuple(np.atleast_2d(task.cotangent))


def _functional(task: HeatTask, wanted: Asked, saved: Sequence[Array]) -> Array | None:
    """(1,): what is asked of the last u, and the products with the earlier ones."""
    earlier = [float(row @ u) for row, u in zip(_rows(task)[:-1], saved, strict=False) if row is not None]
    return wanted.value if wanted.value is None else wanted.value + sum(earlier)


def _gradients(task: HeatTask, posed: Scheme, kept: dict[int, Array], last: Array | None) -> dict[str, Array]:
    """By name in the result; `last` is dJ by the last u."""
    if last is None:
        return {}
    rows = zip(task.saved_steps, _rows(task)[:-1], strict=False)
    earlier = {step: row for step, row in rows if row is not None}
    found = gradient(posed, kept, task.steps, {**earlier, task.steps: last})
    return {
        "conductivity_gradient": found.conductivity,
        "capacity_gradient": found.capacity,
        "source_gradient": found.source,
        "initial_gradient": found.initial,
    }


def _out_of_scale() -> Refusal:
    return Refusal(
        "OUT_OF_RANGE",
        "the problem is beyond floating point; choose units in which coefficients and data are nearer to 1",
        "conductivity",
    )
