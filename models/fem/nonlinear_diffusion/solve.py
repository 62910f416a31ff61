"""The nonlinear diffusion model: Newton's method, and the adjoint with the last tangent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from skfem import Mesh

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.check import check_size
from models.fem.direct import SingularMatrix
from models.fem.domain.asked import Asked, asked
from models.fem.domain.batch import in_order
from models.fem.domain.elements import cell_points, element_name, points
from models.fem.domain.linear import RESIDUAL_LIMIT, constrained
from models.fem.nonlinear_diffusion.form import flow
from models.fem.nonlinear_diffusion.newton import Found, solved
from models.fem.nonlinear_diffusion.problem import Problem, problem
from models.fem.nonlinear_diffusion.task import NonlinearDiffusionResult, NonlinearDiffusionTask


class NonlinearDiffusionSolver:
    """Sparse direct on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[NonlinearDiffusionTask]) -> list[NonlinearDiffusionResult | Refusal]:
        """One result or refusal for each task, in order."""
        return in_order(tasks, answer)


def answer(task: NonlinearDiffusionTask, mesh: Mesh) -> NonlinearDiffusionResult:
    """Raises `Refusal`."""
    given = problem(task, mesh)
    if task.cotangent is not None:
        check_size("cotangent", task.cotangent, (given.basis.N,), "a value per point")
    if task.conductivity_tangent is not None:
        check_size("conductivity_tangent", task.conductivity_tangent, (1, mesh.nelements), "one value, or one per cell")
    try:
        found = solved(given, task.max_steps)
        wanted = asked(task, mesh, found.u, task.cotangent, {"conductivity": task.conductivity})
        slope = _gradient(given, found.u, wanted) if wanted.cotangent is not None and found.reached == 1 else None
        pushed = _tangent(given, found.u, task.conductivity_tangent) if found.reached == 1 else None
    except SingularMatrix:
        raise _out_of_scale() from None
    c = given.law.coefficient(given.state(found.u), found.reached)
    if not np.isfinite(np.abs(found.u).sum() + c.sum()):
        raise _out_of_scale()
    if not (c > 0).all():
        raise Refusal("NOT_POSITIVE", f"is {c.min():.3g} for the solution; send one that is positive", "coefficient")
    dx = given.basis.dx
    residual = max(found.residual, slope.residual if slope else 0.0)
    converged = residual <= RESIDUAL_LIMIT
    return NonlinearDiffusionResult(
        u=found.u,
        points=points(given.basis),
        cells=cell_points(given.basis),
        flux=-(np.sum(given.k * c * given.slope(found.u) * dx, axis=-1) / dx.sum(axis=-1)).T,
        history=found.history,
        functional=wanted.value,
        u_tangent=pushed,
        conductivity_gradient=slope.conductivity if slope else None,
        source_gradient=slope.source if slope else None,
        evidence=Evidence(
            outcome=Outcome.CONVERGED if converged else Outcome.NOT_CONVERGED,
            advice="" if converged else _advice(found),
            method=f"{element_name(task.cell_kind, task.degree)} Lagrange elements, Newton with line search and "
            "continuation, sparse LU",
            residual=residual,
        ),
    )


@dataclass(frozen=True, eq=False)
class _Gradient:
    conductivity: Array
    source: Array
    residual: float


def _gradient(given: Problem, u: Array, wanted: Asked) -> _Gradient:
    """With Kᵀ z = −∂J/∂u on the free unknowns, dJ = z·∂R + ∂J."""
    assert wanted.cotangent is not None
    system = constrained(given.tangent(u, 1.0), given.fixed)
    right = -wanted.cotangent[system.free]
    z = np.zeros(given.basis.N)
    z[system.free] = system.transposed(right)
    rest, scale = right - system.inner.T @ z[system.free], float(np.abs(right).max(initial=0.0))
    c = given.law.coefficient(given.state(u), 1.0)
    return _Gradient(
        conductivity=np.sum(c * np.sum(given.slope(u) * given.slope(z), axis=0) * given.basis.dx, axis=1)
        + wanted.explicit.get("conductivity", 0.0),
        source=-(given.mass @ z),
        residual=float(np.abs(rest).max(initial=0.0)) / scale if scale > 0 else 0.0,
    )


def _tangent(given: Problem, u: Array, change: Array | None) -> Array | None:
    """δu with K δu = −∫ δk c ∇u·∇v on the free unknowns, 0 on the others."""
    if change is None:
        return None
    kc = np.reshape(change, (-1, 1)) * given.law.coefficient(given.state(u), 1.0)
    right = -flow.assemble(given.basis, kc=kc, slope=given.slope(u))
    return constrained(given.tangent(u, 1.0), given.fixed).solve(right, np.zeros(len(given.fixed))).x


def _advice(found: Found) -> str:
    if found.reached == 1:
        return "the equations are very ill conditioned: improve flat cells, or lower the contrast of k or of c"
    return (
        f"Newton's method went {found.reached:.3g} of the way from the linear problem, the solution there is returned: "
        "raise the regularisation or max_steps, or refine the mesh"
    )


def _out_of_scale() -> Refusal:
    return Refusal(
        "OUT_OF_RANGE",
        "the problem is beyond floating point; choose units in which conductivities and data are nearer to 1",
        "conductivity",
    )
