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

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.base import Array, BoundKind, ErrorBound
from models.fem.energy import energy_norm
from models.fem.equilibration import Flux, equilibrate
from models.fem.mismatch import mismatch
from models.fem.problem import Problem
from models.fem.round_off import round_off
from models.fem.shape import mean_aspect
from models.fem.star_equilibration import equilibrate_by_stars

Method = Literal["fast", "sharp"]
# A flux in balance from a field that is nearly a Galerkin solution, and what the tree had to carry: see
# `star_equilibration`. Some meshes have a faster one.
Stars = Callable[[Problem, Array], tuple[Flux, float]]

# Of the bound, in energy norms: what the tree carries beside the solution's own flux may cost it this part.
MOST_CARRIED = 0.1
# Weighted by their shares. Stars of cells stretched by 4 are up to 1.2 times less sharp, by 10 1.4, by 100 5 times.
MOST_STRETCHED = 4.5
# Of the bound to the energy norm: what is above says nothing of the answer. With k log-normal from cell to cell stars
# are 1.02 times less sharp at 0.3, 1.04 at 0.6, 1.1 at 0.9, 1.2 at 1.5, 1.8 at 4; over six decades up to 50 times.
ROUGHEST = 1.0

CONDITIONS = (
    "The domain is the union of the cells; k is constant on each cell; f is the element's interpolant of source plus "
    "cell_source; u on the Dirichlet edges is the element's interpolant of the given values; Neumann fluxes are the "
    "given polynomials. Any algebraic error is included; round-off is measured and added."
)
SOURCE = (
    "Prager & Synge 1947, Quart. Appl. Math. 5, 241-269 (hypercircle); "
    "Braess & Schöberl 2008, Math. Comp. 77, 651-672 (equilibrated Raviart-Thomas fluxes)"
)


@dataclass(frozen=True, eq=False)
class Certificate:
    """A bound on ‖k^½ ∇(exact − u)‖, each cell's share of its square, and the flux that proves it."""

    bound: ErrorBound
    shares: Array  # (cells,)
    flux: Flux


def energy_bound(problem: Problem, u: Array, method: Method = "fast") -> tuple[ErrorBound, Array]:
    """The bound on ‖k^½ ∇(exact − u)‖ for a field u (points,), and each cell's share of its square (cells,).

    u must have the problem's Dirichlet values; it need not solve anything. Raises `SingularMatrix`.
    """
    found = certificate(problem, u, method)
    return found.bound, found.shares


def certificate(
    problem: Problem, u: Array, method: Method = "fast", stars: Stars = equilibrate_by_stars
) -> Certificate:
    """Fast where u is nearly a Galerkin solution; else, and where asked for, as sharp as can be.

    Raises `SingularMatrix`.
    """
    found = certificate_by_stars(problem, u, u, stars) if method == "fast" else None
    return found or certificate_by(problem, u, equilibrate(problem, u))


def certificate_by_stars(
    problem: Problem, u: Array, near: Array, stars: Stars = equilibrate_by_stars
) -> Certificate | None:
    """For a field u, by a flux made from `near`, which is nearly a Galerkin solution.

    None where the bound may be far from sharp: `near` is too far from that, cells are too flat, or k or the data too
    rough for the mesh.
    """
    flux, carried = stars(problem, near)
    found = certificate_by(problem, u, flux)
    shares, relative = (found.shares, found.bound.relative) if near is u else _without_round_off(problem, near, flux)
    is_sharp = (
        carried <= MOST_CARRIED * found.bound.value
        and relative <= ROUGHEST
        and mean_aspect(problem.mesh, shares) <= MOST_STRETCHED
    )
    return found if is_sharp else None


def _without_round_off(problem: Problem, u: Array, flux: Flux) -> tuple[Array, float]:
    """The shares of a bound that nobody has to believe, and its part of the energy norm of u."""
    shares, norm = mismatch(problem, u, flux), energy_norm(problem, u)
    return shares, float(np.sqrt(shares.sum())) / norm if norm > 0 else float("inf")


def certificate_by(problem: Problem, u: Array, flux: Flux) -> Certificate:
    """For a field u by any flux in balance, whatever field that was made from."""
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
    return Certificate(bound, shares, flux)
