"""Guaranteed bounds on a linear functional of the solution, by two hypercircles.

J(u) = ∫ w u + ∫_N m u + ∫_D ψ k ∂u/∂n. Let z solve the dual problem −div(k ∇z) = w, k ∂z/∂n = m on the Neumann edges,
z = −ψ on the Dirichlet edges. With F the load of the primal problem, for any u_h and z_h with the right Dirichlet
values

    J(u) = J_h + ∫ k ∇(u − u_h)·∇(z − z_h),    J_h = ∫ w u_h + ∫_N m u_h + F(z_h) − ∫ k ∇u_h·∇z_h.

Let σ and τ be balanced fluxes of the two problems, s = σ − k ∇u_h and t = τ − k ∇z_h, of energy norms η and η*. Since
σ − k ∇u is orthogonal to ∇(z − z_h), the integral is that of s·∇(z − z_h); and k ∇z is on a sphere around
(τ + k ∇z_h) / 2 of radius η* / 2. So

    | J(u) − J_h − ½ ∫ s·t / k |  ≤  ½ η η*,

half of what the product of the two bounds would give (Prager & Synge 1947; Ladevèze 2008, Comput. Methods Appl. Mech.
Eng. 197, 3303-3315). The integral exceeds that of s·t / k by the product of σ − k ∇u and τ − k ∇z alone, which is
small where fluxes are sharp: J_h + ∫ s·t / k is the dual-weighted estimate (Becker & Rannacher 2001, Acta Numer. 10,
1-102), and s·t / k on a cell its indicator.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum

import numpy as np

from models.base import Array, BoundKind, ErrorBound
from models.fem.adjoint import load
from models.fem.assembly import stiffness
from models.fem.bound import CONDITIONS, Certificate
from models.fem.mismatch import difference, sample
from models.fem.problem import Problem
from models.fem.quadrature import quadrature
from models.fem.round_off import ROUND_OFF, round_off

SOURCE = (
    "Prager & Synge 1947, Quart. Appl. Math. 5, 241-269 (hypercircle); "
    "Ladevèze 2008, Comput. Methods Appl. Mech. Eng. 197, 3303-3315 (outputs of interest)"
)


@dataclass(frozen=True, eq=False)
class GoalBound:
    discrete: float  # J_h
    indicators: Array  # (cells,): ∫ s·t / k
    bound: ErrorBound  # on |J(u) − J_h − ½ Σ indicators|

    @property
    def centre(self) -> float:
        return self.discrete + float(self.indicators.sum()) / 2

    @property
    def estimate(self) -> float:
        return self.discrete + float(self.indicators.sum())


@dataclass(frozen=True, eq=False)
class Side:
    """A problem, a field with its Dirichlet values, and the certificate of that."""

    problem: Problem
    u: Array
    certificate: Certificate


def goal_bound(primal: Side, dual: Side) -> GoalBound:
    """The dual's problem differs from the primal's in its data alone."""
    discrete, rounding = _discrete_value(primal, dual)
    indicators = _indicators(primal, dual)
    radius = _radius(primal, dual) + rounding
    centre = abs(discrete + float(indicators.sum()) / 2)
    bound = ErrorBound(
        value=radius,
        norm="absolute value of the functional",
        kind=BoundKind.GUARANTEED,
        relative=radius / centre if centre > 0 else float("inf"),
        conditions=f"{CONDITIONS} The functional's densities and weights are likewise the element's interpolants.",
        source=SOURCE,
    )
    return GoalBound(discrete, indicators, bound)


def _indicators(primal: Side, dual: Side) -> Array:
    one, other = (difference(side.problem, side.u, side.certificate.flux) for side in (primal, dual))
    rule = quadrature(one.reference.polynomial_degree + other.reference.polynomial_degree)
    products = sample(primal.problem, one, rule) * sample(dual.problem, other, rule)
    return np.asarray(products.sum(axis=0) @ rule.weights)


def _radius(primal: Side, dual: Side) -> float:
    """½ η η*, and what round-off in both fluxes can take from ½ ∫ s·t / k."""
    one, other = primal.certificate.bound.value, dual.certificate.bound.value
    off_one, off_other = (round_off(s.problem, s.u, s.certificate.flux) for s in (primal, dual))
    return (one * other * (1 + ROUND_OFF) + off_one * other + off_other * one) / 2


def _discrete_value(primal: Side, dual: Side) -> tuple[float, float]:
    """J_h and its round-off: products of rounded numbers, added without further error."""
    mesh, element = primal.problem.mesh, primal.problem.element
    matrix = stiffness(mesh, element, primal.problem.conductivity)
    terms = np.concatenate(
        (load(dual.problem) * primal.u, load(primal.problem) * dual.u, -primal.u * (matrix @ dual.u))
    )
    sizes = fsum(np.abs(terms)) + float(np.abs(primal.u) @ (abs(matrix) @ np.abs(dual.u)))
    longest = mesh.edge_lengths[mesh.cell_edges].max(axis=1)
    lost = float((longest**2 / (2 * mesh.areas)).max())  # see `round_off`
    return fsum(terms), ROUND_OFF * lost * sizes
