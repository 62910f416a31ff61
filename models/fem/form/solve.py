"""Newton's method on a weak form of the caller's, and the adjoint of what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from skfem import Basis, FacetBasis, Mesh

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.check import check_size
from models.fem.direct import SingularMatrix
from models.fem.domain.asked import Asked, asked
from models.fem.domain.batch import in_order
from models.fem.domain.conditions import Condition, read_conditions
from models.fem.domain.determined import refuse_undetermined
from models.fem.domain.elements import cell_points, element_name, names, points, scalar_element
from models.fem.domain.expression import parse
from models.fem.domain.formula import names_of
from models.fem.domain.linear import constrained
from models.fem.domain.posed import coordinates, prescribed
from models.fem.domain.surface import pieces
from models.fem.form.task import FormResult, FormTask
from models.fem.form.weak import WeakForm, flux_form, weak_form

_HALVINGS = 12  # of a step that does not lead down
_DECREASE = 1e-4  # of the residual, relative to the step: Armijo's constant


class FormSolver:
    """On the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[FormTask]) -> list[FormResult | Refusal]:
        return in_order(tasks, _answer)


@dataclass(frozen=True, eq=False)
class Posed:
    """A weak form on its mesh."""

    basis: Basis
    form: WeakForm
    coefficients: dict[str, Array]  # as scikit-fem's forms get them: (cells, 1)
    fluxes: tuple[tuple[FacetBasis, WeakForm], ...]

    def residual(self, u: Array) -> Array:
        total = self.form.residual.assemble(self.basis, u=self.basis.interpolate(u), **self.coefficients)
        for facets, flux in self.fluxes:
            total = total + flux.residual.assemble(facets, u=facets.interpolate(u))
        return np.asarray(total)

    def tangent(self, u: Array) -> csr_matrix:
        total = self.form.tangent.assemble(self.basis, u=self.basis.interpolate(u), **self.coefficients)
        for facets, flux in self.fluxes:
            total = total + flux.tangent.assemble(facets, u=facets.interpolate(u))
        return total


@dataclass(frozen=True, eq=False)
class Found:
    u: Array
    history: Array  # relative residuals
    converged: bool


def _answer(task: FormTask, mesh: Mesh) -> FormResult:
    basis = Basis(mesh, scalar_element(task.cell_kind, task.degree), intorder=2 * task.degree + 2)
    posed, fixed, values = _posed(task, basis)
    start = np.array(parse(task.initial, names(basis.mesh), "initial")(coordinates(basis.doflocs), (basis.N,)))
    start[fixed] = values
    if task.cotangent is not None:
        check_size("cotangent", task.cotangent, (basis.N,), "one value per point")
    try:
        found = _newton(posed, start, fixed, task.tolerance, task.max_steps)
        wanted = asked(task, mesh, found.u, task.cotangent, _rows(task))
        gradient = _gradient(task, posed, found, fixed, wanted)
        pushed = _tangent(task, posed, found, fixed)
    except SingularMatrix:
        raise Refusal(
            "SINGULAR_PROBLEM",
            "the linearised form is singular: give u on a boundary, or a form and an initial u that determine it",
            "form",
        ) from None
    name = element_name(task.cell_kind, task.degree)
    return FormResult(
        u=found.u,
        points=points(basis),
        cells=cell_points(basis),
        history=found.history,
        functional=wanted.value,
        u_tangent=pushed,
        coefficient_gradient=gradient,
        evidence=Evidence(
            outcome=Outcome.CONVERGED if found.converged else Outcome.NOT_CONVERGED,
            advice="" if found.converged else "begin nearer to the solution, allow more steps, or check signs",
            method=f"{name} Lagrange elements, Newton's method with exact derivatives of the form",
            residual=float(found.history[-1]),
        ),
    )


def _posed(task: FormTask, basis: Basis) -> tuple[Posed, Array, Array]:
    axes = names(basis.mesh)
    form = weak_form(task.form, task.coefficient_names, len(axes))
    conditions = read_conditions(task.conditions, {"u": 1, "q": 1}, (*axes, "u"))
    fixed, values = prescribed(basis, [_of_place(condition) for condition in conditions], "u")
    fluxes = tuple(
        (piece.facets, flux_form(piece.condition.values[0].node, len(axes)))
        for piece in pieces(basis, conditions, "q", 2 * task.degree + 2)
    )
    rows = np.zeros((0, 1)) if task.coefficient_values is None else task.coefficient_values
    spread = np.broadcast_to(rows, (len(rows), basis.mesh.nelements))
    coefficients = {
        f"coefficient_{name}": row[:, None] for name, row in zip(task.coefficient_names, spread, strict=True)
    }
    return Posed(basis, form, coefficients, fluxes), fixed, values


def _rows(task: FormTask) -> dict[str, Array]:
    """The coefficients by name: one value, or one for each cell."""
    rows = () if task.coefficient_values is None else task.coefficient_values
    return dict(zip(task.coefficient_names, rows, strict=True))


def _of_place(condition: Condition) -> Condition:
    if condition.quantity == "u" and "u" in names_of(condition.values[0].node):
        raise Refusal("MALFORMED_CONDITION", "gives u by u; write q = ... for a law", condition.values[0].field)
    return condition


def _newton(posed: Posed, start: Array, fixed: Array, tolerance: float, max_steps: int) -> Found:
    """With steps halved until the residual decreases. What is relative is so to the residual at prescribed values, the
    reactions, or to the first residual where that is larger."""
    is_free = np.ones(len(start), dtype=bool)
    is_free[fixed] = False
    u, residual = start, posed.residual(start)
    if not np.isfinite(residual).all():
        raise Refusal("NOT_FINITE", "the form is not finite at the initial u; choose another", "initial")
    scale = float(np.abs(residual).max(initial=0.0))
    norms = [_norm(residual, is_free)]
    for _ in range(max_steps):
        if norms[-1] <= tolerance * scale:
            break
        tangent = posed.tangent(u)
        if not np.isfinite(tangent.data).all():
            raise Refusal("NOT_FINITE", "the form's derivative is not finite; regularise it, or change initial", "form")
        _refuse_undetermined(posed.basis, tangent, fixed)
        step = constrained(tangent, fixed).solve(-residual, np.zeros(len(fixed))).x
        for halving in range(_HALVINGS):
            length = 0.5**halving
            ahead = u + length * step
            there = posed.residual(ahead)
            if np.isfinite(there).all() and _norm(there, is_free) <= (1 - _DECREASE * length) * norms[-1]:
                break
        else:
            break  # no step leads down: at round-off, or lost
        u, residual = ahead, there
        scale = max(scale, float(np.abs(residual).max()))
        norms.append(_norm(residual, is_free))
    if len(norms) == 1:  # no step was asked for: on a part that nothing holds every constant would do as well
        _refuse_undetermined(posed.basis, posed.tangent(u), fixed)
    history = np.array(norms) / scale if scale > 0 else np.zeros(len(norms))
    return Found(u, history, bool(history[-1] <= tolerance))


def _refuse_undetermined(basis: Basis, tangent: csr_matrix, fixed: Array) -> None:
    """Where the derivative vanishes at some unknown, as the p-Laplacian's at u = 0, the factorisation says so."""
    if np.isfinite(tangent.data).all() and tangent.diagonal().all():
        remedy = (
            "so that the linearised form is singular: give u on a boundary of it, or a form and an initial u that "
            "determine it"
        )
        refuse_undetermined(basis, tangent, fixed, remedy, "form")


def _norm(residual: Array, is_free: Array) -> float:
    return float(np.abs(residual[is_free]).max(initial=0.0))


def _gradient(task: FormTask, posed: Posed, found: Found, fixed: Array, wanted: Asked) -> Array | None:
    """dJ/dk = ∂J/∂k − ∂F/∂k(u; λ) with F′(u)ᵀ λ = ∂J/∂u on the free points (discrete adjoint)."""
    if wanted.cotangent is None or not found.converged:
        return None
    system = constrained(posed.tangent(found.u), fixed)
    adjoint = np.zeros(posed.basis.N)
    adjoint[system.free] = system.transposed(wanted.cotangent[system.free])
    fields = {"u": posed.basis.interpolate(found.u), "adjoint": posed.basis.interpolate(adjoint)}
    rows = [
        wanted.explicit.get(name, 0.0)
        - posed.form.slope_by(name).elemental(posed.basis, **fields, **posed.coefficients)
        for name in task.coefficient_names
    ]
    return np.stack(rows) if rows else np.zeros((0, posed.basis.mesh.nelements))


def _tangent(task: FormTask, posed: Posed, found: Found, fixed: Array) -> Array | None:
    """δu with F′(u) δu = −∂F/∂k δk on the free points, 0 on the others; None where nothing changes."""
    if task.coefficient_tangent is None or not found.converged:
        return None
    u, count = posed.basis.interpolate(found.u), posed.basis.mesh.nelements
    loads = [
        -posed.form.along(name).assemble(
            posed.basis, u=u, change=np.broadcast_to(change, (count,))[:, None], **posed.coefficients
        )
        for name, change in zip(task.coefficient_names, task.coefficient_tangent, strict=True)
    ]
    return constrained(posed.tangent(found.u), fixed).solve(np.sum(loads, axis=0), np.zeros(len(fixed))).x
