"""The discrete adjoint: derivatives of a functional J(u) of the discrete solution by all that the problem is given.

The solution has u = g at the fixed points and K_ff u_f = b_f − K_fd g at the free ones. With λ = 0 at the fixed points
and K_ff λ_f = (∂J/∂u)_f, Lagrange's multiplier rule gives (Giles & Pierce 2000, Flow Turbul. Combust. 65, 393-415)

    dJ/db = λ,    dJ/dk_c = −λ·K_c u,    dJ/dg = (∂J/∂u − K λ)_d,

and what b is made of, source and fluxes, gets the transpose of the very operations that made it. So these are the
derivatives of what is computed, whatever the mesh: there is no error of discretisation between the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from models.base import Array
from models.fem.assembly import flux_load, flux_products, source_load, source_products
from models.fem.problem import Problem


class Stiffness(Protocol):
    """What a derivative needs of K, which is linear in the conductivities of the cells."""

    @property
    def cell_points(self) -> Array: ...

    def apply(self, conductivity: Array, u: Array) -> Array: ...

    def conductivity_gradient(self, u: Array, v: Array) -> Array: ...


@dataclass(frozen=True, eq=False)
class Gradient:
    """dJ by what a `Problem` holds, each part computed when it is first asked for."""

    given: Problem
    plan: Stiffness
    u: Array  # (points,)
    slope: Array  # (points,): ∂J/∂u
    adjoint: Array  # (points,): λ

    @cached_property
    def conductivity(self) -> Array:
        """(cells,)"""
        return -self.plan.conductivity_gradient(self.u, self.adjoint)

    @cached_property
    def source(self) -> Array:
        """(cells, points per cell)"""
        products = source_products(self.given.element, 2)
        return np.asarray(self.given.mesh.areas[:, None] * (self.adjoint[self.plan.cell_points] @ products.T))

    @cached_property
    def dirichlet(self) -> Array:
        """(dirichlet,)"""
        reaction = self.slope - self.plan.apply(self.given.conductivity, self.adjoint)
        return np.asarray(reaction[self.given.boundary.dirichlet_points])


def load(given: Problem) -> Array:
    """(points,): b."""
    total = source_load(given.mesh, given.element, given.source)
    return np.asarray(total + flux_load(given.mesh, given.element, given.boundary.neumann_edges, given.boundary.flux))


def fixed_values(given: Problem, point_count: int) -> Array:
    """(points,): g where it is given, 0 elsewhere."""
    u = np.zeros(point_count)
    u[given.boundary.dirichlet_points] = given.boundary.dirichlet_values
    return u


def flux_gradient(given: Problem, edges: Array, adjoint: Array) -> Array:
    """(n, 3): dJ by the flux at the low node, high node and midpoint of edges (n,): the transpose of `flux_load`."""
    traces = adjoint[given.mesh.edge_points(given.element.degree)[edges]]
    return np.asarray(given.mesh.edge_lengths[edges, None] * (traces @ flux_products(given.element).T))
