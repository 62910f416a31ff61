"""The hyperelasticity model: load steps, the stresses of the deformed body, and the adjoint with the last tangent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from skfem import Mesh
from skfem.helpers import ddot, det, mul, transpose

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.direct import SingularMatrix
from models.fem.domain.asked import Asked, asked
from models.fem.domain.batch import in_order
from models.fem.domain.elements import cell_points, element_name, points, scalar_element
from models.fem.domain.linear import RESIDUAL_LIMIT, constrained
from models.fem.domain.posed import named_facets
from models.fem.hyperelasticity.form import energy, stress
from models.fem.hyperelasticity.newton import Deformed, deform
from models.fem.hyperelasticity.problem import Body, body, check_rows
from models.fem.hyperelasticity.task import HyperelasticityResult, HyperelasticityTask


class HyperelasticitySolver:
    """Sparse direct on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[HyperelasticityTask]) -> list[HyperelasticityResult | Refusal]:
        """One result or refusal for each task, in order."""
        return in_order(tasks, answer)


def answer(task: HyperelasticityTask, mesh: Mesh) -> HyperelasticityResult:
    """Raises `Refusal`."""
    given = body(task, mesh)
    supported = _support(given, task.support) if task.support else None
    if task.cotangent is not None:
        check_rows("cotangent", task.cotangent, given.basis)
    found = deform(given, task.load_steps, task.max_steps)
    moduli = {"young_modulus": task.young_modulus, "poisson_ratio": task.poisson_ratio}
    wanted = asked(task, mesh, found.u.reshape(-1, task.dimension), task.cotangent, moduli)
    slope = _gradient(given, found.u, wanted) if wanted.cotangent is not None and found.reached == 1 else None
    F = given.deformation(found.u)
    J, dx = det(F), given.basis.dx
    P = stress(F, given.lame, given.shear)
    volume = np.sum(J * dx, axis=1)
    stored = np.sum(energy(F, given.lame, given.shear) * dx, axis=1)
    if not np.isfinite(stored.sum() + np.abs(found.u).sum()):
        raise _out_of_scale()
    component = given.basis.with_element(scalar_element(task.cell_kind, task.degree))
    residual = max(found.residual, slope.residual if slope else 0.0)
    return HyperelasticityResult(
        displacement=found.u.reshape(-1, task.dimension),
        points=points(component),
        cells=cell_points(component),
        stress=_cauchy(given, F, P) / volume[:, None],
        volume_ratio=volume / np.sum(dx, axis=1),
        strain_energy=stored,
        reaction=None if supported is None else supported.T @ given.residual(found.u, found.reached),
        history=found.history,
        functional=wanted.value,
        young_modulus_gradient=slope.young if slope else None,
        poisson_ratio_gradient=slope.poisson if slope else None,
        force_gradient=slope.force if slope else None,
        evidence=Evidence(
            outcome=Outcome.CONVERGED if residual <= RESIDUAL_LIMIT else Outcome.NOT_CONVERGED,
            advice="" if residual <= RESIDUAL_LIMIT else _advice(found),
            method=f"{element_name(task.cell_kind, task.degree)} Lagrange elements, Newton with line search, sparse LU",
            residual=residual,
        ),
    )


def _support(given: Body, name: str) -> Array:
    """(unknowns, d): in column i the v that is e_i on the named boundary; the residual times it is the reaction."""
    facets = named_facets(given.basis.mesh, name, "support")
    d = given.basis.mesh.dim()
    tested = np.zeros((given.basis.N, d))
    dofs = given.basis.get_dofs(facets)
    for axis in range(d):
        tested[np.intersect1d(dofs.all([f"u^{axis + 1}"]), given.fixed), axis] = 1.0
    return tested


def _cauchy(given: Body, F: Array, P: Array) -> Array:
    """(cells, 6): ∫ J σ = ∫ P Fᵀ over reference cells, as xx, yy, zz, yz, xz, xy."""
    total = np.sum(mul(P, transpose(F)) * given.basis.dx, axis=-1)
    if len(F) == 3:
        return np.stack([total[i, j] for i, j in ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))], axis=1)
    # P_33 at F_33 = 1.
    across = np.sum(given.lame / 2 * (det(F) ** 2 - 1) * given.basis.dx, axis=-1)
    none = np.zeros_like(across)
    return np.stack((total[0, 0], total[1, 1], across, none, none, total[0, 1]), axis=1)


@dataclass(frozen=True, eq=False)
class _Gradient:
    young: Array
    poisson: Array
    force: Array
    residual: float


def _gradient(given: Body, u: Array, wanted: Asked) -> _Gradient:
    """With K z = −∂J/∂u, K being symmetric, dJ = z·∂R + ∂J; P is linear in λ and μ, and those in E."""
    assert wanted.cotangent is not None
    try:
        system = constrained(given.tangent(u, 1.0), given.fixed)
    except SingularMatrix:  # at a point of bifurcation
        raise _singular() from None
    adjoint = system.solve(-wanted.cotangent.ravel(), np.zeros(len(given.fixed)))
    F, slope = given.deformation(u), np.asarray(given.basis.interpolate(adjoint.x).grad)
    one, none = np.ones((1, 1)), np.zeros((1, 1))

    def by(lame: Array, shear: Array) -> Array:
        return np.asarray(np.sum(ddot(stress(F, lame, shear), slope) * given.basis.dx, axis=1))

    by_lame, by_shear = by(one, none), by(none, one)
    young, nu = given.young, given.poisson
    lame, shear = given.lame[:, 0], given.shear[:, 0]
    return _Gradient(
        young=(by_lame * lame + by_shear * shear) / young + wanted.explicit.get("young_modulus", 0.0),
        poisson=by_lame * young * (1 + 2 * nu**2) / ((1 + nu) * (1 - 2 * nu)) ** 2
        - by_shear * shear / (1 + nu)
        + wanted.explicit.get("poisson_ratio", 0.0),
        force=-(given.mass @ adjoint.x).reshape(-1, given.basis.mesh.dim()),
        residual=adjoint.residual,
    )


def _advice(found: Deformed) -> str:
    if found.reached == 1:
        return "the equations are very ill conditioned: improve flat cells, or lower the contrast of E or ν near 1/2"
    return (
        f"equilibrium was found up to {found.reached:.3g} of the load only, and that state is returned: "
        "send more load_steps or max_steps, refine the mesh where it is squeezed, or ask whether the body buckles"
    )


def _singular() -> Refusal:
    return Refusal(
        "SINGULAR_PROBLEM",
        "has no gradient: the body is at the point of buckling, where it has no single answer",
        "cotangent",
    )


def _out_of_scale() -> Refusal:
    return Refusal(
        "OUT_OF_RANGE",
        "the problem is beyond floating point; choose units in which moduli and data are nearer to 1",
        "young_modulus",
    )
