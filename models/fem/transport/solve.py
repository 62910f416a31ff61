"""The transport model: tasks in, fields out, and gradients by the discrete adjoint with the same factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skfem import Mesh

from models.base import Array, ErrorBound, Evidence, Outcome, Refusal
from models.fem.check import check_size
from models.fem.direct import SingularMatrix
from models.fem.domain.asked import asked
from models.fem.domain.batch import in_order
from models.fem.domain.cellwise import on_cells
from models.fem.domain.determined import refuse_undetermined
from models.fem.domain.elements import cell_points, element_name, points
from models.fem.domain.linear import RESIDUAL_LIMIT, Constrained, constrained
from models.fem.domain.recovery import energy_estimate
from models.fem.transport import form
from models.fem.transport.problem import Problem, problem
from models.fem.transport.task import TransportResult, TransportTask


class TransportSolver:
    """Sparse direct on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[TransportTask]) -> list[TransportResult | Refusal]:
        """One result or refusal for each task, in order."""
        return in_order(tasks, answer)


def answer(task: TransportTask, mesh: Mesh) -> TransportResult:
    """Raises `Refusal`."""
    given = problem(task, mesh)
    if task.cotangent is not None:
        check_size("cotangent", task.cotangent, (given.basis.N,), "one per point")
    remedy = "prescribe u or h > 0 on a boundary of it, or give c > 0"
    refuse_undetermined(given.basis, given.matrix, given.fixed, remedy)
    try:
        system = constrained(given.matrix, given.fixed, definite=not given.b.any())
    except SingularMatrix:
        raise _out_of_scale() from None
    solution = system.solve(given.load, given.values)
    if not np.isfinite(solution.x.sum()):
        raise _out_of_scale()
    converged = solution.residual <= RESIDUAL_LIMIT
    coefficients = {name: getattr(task, name) for name in task.vocabulary.coefficients}
    wanted = asked(task, mesh, solution.x, task.cotangent, coefficients)
    estimate, shares = _estimate(task, given, solution.x)
    evidence = Evidence(
        outcome=Outcome.CONVERGED if converged else Outcome.NOT_CONVERGED,
        advice="" if converged else "the system is very ill conditioned: improve flat cells or lower the contrast of k",
        method=_method(task, given, estimate),
        residual=solution.residual,
        error_bound=estimate,
    )
    return TransportResult(
        u=solution.x,
        points=points(given.basis),
        cells=cell_points(given.basis),
        flux=_mean_flux(given, solution.x),
        peclet=given.stabilisation.peclet.max(axis=1),
        cell_estimate=shares,
        evidence=evidence,
        functional=wanted.value,
        u_tangent=_tangent(task, given, system, solution.x),
        **wanted.with_explicit(_gradients(wanted.cotangent, given, system, solution.x)),
    )


def _estimate(task: TransportTask, given: Problem, u: Array) -> tuple[ErrorBound | None, Array | None]:
    """None where the flow is faster than diffusion on some cell: the energy norm says little of u there."""
    if given.stabilisation.peclet.max() > 1:
        return None, None
    return energy_estimate(given.basis, task.cell_kind, task.degree, u, given.k)


def _method(task: TransportTask, given: Problem, estimate: ErrorBound | None) -> str:
    parts = [f"{element_name(task.cell_kind, task.degree)} Lagrange elements"]
    share = float(np.mean(given.stabilisation.tau.any(axis=1)))
    if share > 0:
        parts.append(f"SUPG on {100 * share:.3g} % of the cells")
    parts.append("sparse LU")
    return ", ".join(parts) + ("; error estimate by patch recovery" if estimate else "")


def _mean_flux(given: Problem, u: Array) -> Array:
    """(cells, d)"""
    flux = -given.k * given.basis.interpolate(u).grad
    return np.ascontiguousarray((np.sum(flux * given.basis.dx, axis=2) / np.sum(given.basis.dx, axis=1)).T)


def _gradients(cotangent: Array | None, given: Problem, system: Constrained, u: Array) -> dict[str, Array]:
    """By name in the result: dJ = −λ·(dA u − df) with Aᵀ λ = dJ/du on the free unknowns, λ = 0 on the others."""
    if cotangent is None:
        return {}
    dual = np.zeros_like(u)
    dual[system.free] = system.transposed(cotangent[system.free])
    by_prescribed = np.zeros_like(u)
    by_prescribed[system.fixed] = cotangent[system.fixed] - system.coupling.T @ dual[system.free]
    basis, fields = given.basis, {**_at(given, u), "dual": given.basis.interpolate(dual)}
    return {
        "diffusivity_gradient": form.by_diffusivity.elemental(basis, **fields),
        "reaction_gradient": form.by_reaction.elemental(basis, **fields),
        "source_gradient": form.by_source.assemble(basis, **fields),
        "prescribed_gradient": by_prescribed,
    }


def _tangent(task: TransportTask, given: Problem, system: Constrained, u: Array) -> Array | None:
    """δu with A δu = −(∂A/∂k δk + ∂A/∂c δc) u on the free unknowns, 0 on the others; None where nothing changes."""
    ways = ((form.along_diffusivity, task.diffusivity_tangent), (form.along_reaction, task.reaction_tangent))
    changes = [(along, way) for along, way in ways if way is not None]
    if not changes:
        return None
    fields, count = _at(given, u), given.basis.mesh.nelements
    loads = [along.assemble(given.basis, change=on_cells(way, count), **fields) for along, way in changes]
    return system.solve(np.sum(loads, axis=0), np.zeros(len(system.fixed))).x


def _at(given: Problem, u: Array) -> dict[str, Any]:
    """What derivatives by the coefficients depend on, at the quadrature points."""
    added, field = given.stabilisation, given.basis.interpolate(u)
    bend = np.trace(field.hess) if added.is_active else np.zeros_like(given.f)
    return {
        "u": field,
        "b": given.b,
        "tau": added.tau,
        "tau_k": added.by_diffusivity,
        "tau_c": added.by_reaction,
        "bend": bend,
        "rest": np.sum(given.b * field.grad, axis=0) + given.c * np.asarray(field) - given.k * bend - given.f,
    }


def _out_of_scale() -> Refusal:
    return Refusal(
        "OUT_OF_RANGE",
        "the problem is beyond floating point; choose units in which coefficients and data are nearer to 1",
        "diffusivity",
    )
