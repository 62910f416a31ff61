"""What a load does before it buckles a body: displacement, stress, and how much of the stiffness it takes away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix

from models.base import Array, Refusal
from models.fem.direct import Factor, SingularMatrix, factor
from models.fem.modes import form
from models.fem.modes.problem import Problem, by_component

# |K| |K⁻¹ b| / |b| beyond which the body moves without strain as far as double precision can tell.
SINGULAR = 1e14


@dataclass(frozen=True, eq=False)
class Prestress:
    u: Array  # (n,): under the load
    softening: csc_matrix  # −K_g on the free unknowns
    factor: Factor  # of K
    residual: float


def prestress(given: Problem, load: Array) -> Prestress:
    """Raises `Refusal` SINGULAR_PROBLEM where the body is not held or not loaded."""
    if not load[given.free].any():
        raise Refusal(
            "SINGULAR_PROBLEM",
            "there is no load that could buckle the body; send a traction or body_force",
            "conditions",
        )
    try:
        factored = factor(given.stiffness)
    except SingularMatrix:
        raise _free_to_move() from None
    _refuse_free_motions(factored, given.stiffness)
    solution = factored.solve(load[given.free])
    u = given.widened(solution.x)
    stress = form.stress(given.basis.interpolate(u), Coefficients(**_elastic(given)))
    geometric = form.geometric.assemble(given.scalar, stress=stress)
    softening = -given.inner(by_component(geometric, given.basis.mesh.dim()))
    return Prestress(u, softening, factored, solution.residual)


@dataclass(frozen=True, eq=False)
class Coefficients:
    """As `form.stress` names them."""

    lame: Array
    shear: Array


def _elastic(given: Problem) -> dict[str, Array]:
    return {name: given.coefficients[name] for name in ("lame", "shear")}


def young_gradient(given: Problem, loaded: Prestress, x: Array, value: float) -> Array:
    """(cells,): dλ/dE for a simple λ with x·K x = 1, x on all unknowns.

    dλ = λ x·(dK + λ dK_g) x. Where E of a cell grows by 1, K grows by its part over E, and so does the stress at a
    given displacement; but this changes, too, by K du = −dK u, which takes one adjoint, K p = ∂(x·K_g x)/∂u.
    """
    basis, elastic = given.basis, _elastic(given)
    field, u = basis.interpolate(x), basis.interpolate(loaded.u)
    dual = given.widened(loaded.factor.inverse(form.lateral_load.assemble(basis, x=field, **elastic)[given.free]))
    own = form.work.elemental(basis, u=field, x=field, **elastic)
    lateral = form.lateral_work.elemental(basis, u=u, x=field, **elastic)
    relaxed = form.work.elemental(basis, u=u, x=basis.interpolate(dual), **elastic)
    return np.asarray(value * (own + value * (lateral - relaxed)) / given.coefficients["young"][:, 0])


def _refuse_free_motions(factored: Factor, stiffness: csc_matrix) -> None:
    probe = np.random.default_rng(0).standard_normal(stiffness.shape[0])
    moved = np.abs(factored.inverse(probe)).max()
    if not moved * np.abs(stiffness.diagonal()).max() < SINGULAR * np.abs(probe).max():
        raise _free_to_move()


def _free_to_move() -> Refusal:
    message = "the body is free to move without strain; hold it: prescribe u = 0 where it rests"
    return Refusal("SINGULAR_PROBLEM", message, "conditions")
