"""The guaranteed bound on the energy error, by the hypercircle.

Theorem (Prager & Synge 1947). Let u solve −div(k ∇u) = f, u = g on the Dirichlet edges, k ∂u/∂n = q on the Neumann
edges. For any v in H¹ with v = g on the Dirichlet edges, and any σ with −div σ = f and σ·n = q on the Neumann edges,

    ‖k^½ ∇(u − v)‖² + ‖k^-½ (σ − k ∇u)‖² = ‖k^-½ (σ − k ∇v)‖²,

so that the right-hand side, which can be computed, bounds the energy error of v = u_h. Nothing is asked of u_h: an
algebraic error is inside the bound. Data are piecewise polynomials which σ meets exactly, so that there is no data
oscillation.

Floating point breaks −div σ = f and the sums by round-off. `round_off` measures how much that can matter, and it is
added.
"""

from __future__ import annotations

import numpy as np

from models.base import Array, BoundKind, ErrorBound
from models.fem.equilibration import Flux, equilibrate, gradient, imbalance, mismatch, total_source
from models.fem.problem import Problem
from models.fem.quadrature import quadrature

# Every number in σ − k ∇u_h and in a cell's balance is a sum of some ten products: on a well shaped cell it is right to
# this part of the sum of their absolute values (Higham 2002, section 3.1, with a margin of about three).
ROUND_OFF = 32 * float(np.finfo(np.float64).eps)

CONDITIONS = (
    "The domain is the union of the cells; k is constant on each cell; f is the element's interpolant of source plus "
    "cell_source; u on the Dirichlet edges is the element's interpolant of the given values; Neumann fluxes are the "
    "given polynomials. Any algebraic error is included; round-off is measured and added."
)
SOURCE = (
    "Prager & Synge 1947, Quart. Appl. Math. 5, 241-269 (hypercircle); "
    "Braess & Schöberl 2008, Math. Comp. 77, 651-672 (equilibrated Raviart-Thomas fluxes)"
)


def energy_bound(problem: Problem, u: Array) -> tuple[ErrorBound, Array]:
    """The bound on ‖k^½ ∇(exact − u)‖ for a field u (points,), and each cell's share of its square (cells,).

    u must have the problem's Dirichlet values; it need not solve anything.
    """
    flux = equilibrate(problem, u)
    shares = mismatch(problem, u, flux)
    distance = float(np.sqrt(shares.sum()))
    value = distance + round_off(problem, u, flux)
    shares = shares * (value / distance) ** 2 if distance > 0 else np.full_like(shares, value**2 / len(shares))
    norm = energy_norm(problem, u)
    bound = ErrorBound(
        value=value,
        norm="energy",
        kind=BoundKind.GUARANTEED,
        relative=value / norm if norm > 0 else float("inf"),
        conditions=CONDITIONS,
        source=SOURCE,
    )
    return bound, shares


def energy_norm(problem: Problem, u: Array) -> float:
    """‖k^½ ∇u_h‖"""
    total = np.zeros(len(problem.mesh.cells))
    rule = quadrature(2 * problem.element.degree - 2)
    for point, weight in zip(rule.points, rule.weights, strict=True):
        # Scaled before it is squared: the energy is in the range of floating point where k and ∇u may not be.
        scaled = gradient(problem, u, point) * np.sqrt(problem.conductivity)[:, None]
        total += weight * np.sum(scaled**2, axis=1)
    return float(np.sqrt(total @ problem.mesh.areas))


def round_off(problem: Problem, u: Array, flux: Flux) -> float:
    """What round-off can take from ‖k^-½ (σ − k ∇u_h)‖, in the units of the energy norm.

    First the flux that would mend what is left of each cell's imbalance, or hides in its round-off: carried out along
    the tree, its energy norm is at most the sum over edges, edge shape (x − x_o) / 2|T| having norm at most longest
    edge / 2|T|^½. Then the round-off in the integrand itself. On a flat cell both grow by the digits that its area, a
    difference of products as large as its longest edge squared, has lost.
    """
    mesh = problem.mesh
    edge_flux = flux.coefficients[: len(mesh.edges)]
    longest = mesh.edge_lengths[mesh.cell_edges].max(axis=1)
    unit = ROUND_OFF * longest**2 / (2 * mesh.areas)
    terms = np.abs(edge_flux)[mesh.cell_edges].sum(axis=1) + np.abs(total_source(problem))
    outflow = np.abs(imbalance(problem, edge_flux)) + unit * terms
    mending = np.abs(flux.graph.carry(outflow))[mesh.cell_edges].sum(axis=1)
    mended = mending * longest / (2 * np.sqrt(mesh.areas * problem.conductivity))
    return float(np.linalg.norm(mended) + np.linalg.norm(unit * _integrand_terms(problem, u, flux, longest)))


def _integrand_terms(problem: Problem, u: Array, flux: Flux, longest: Array) -> Array:
    """(cells,): over each cell the energy norm, bounded from above, of the sum of the absolute values of all terms."""
    mesh, k = problem.mesh, problem.conductivity
    steepest = np.linalg.norm(mesh.gradients, axis=2).sum(axis=1)
    coefficients = np.abs(flux.coefficients[flux.space.cell_dofs])
    lowest = coefficients[:, :3].sum(axis=1) * longest / (2 * mesh.areas)
    bubbles = coefficients[:, 3:].sum(axis=1) * steepest  # bubbles of at most cubes of λ have slopes below 1 in λ
    sources = 2 * np.abs(problem.source).sum(axis=1) * longest
    slopes = 4 * np.abs(u[mesh.cell_points(problem.element.degree)]).sum(axis=1) * steepest
    return np.asarray((lowest + bubbles + sources + k * slopes) * np.sqrt(mesh.areas / k))
