"""The derivative by the positions of the nodes: of the discrete solution's functional, by the adjoint that is there.

Where the nodes move by V, linear on each cell, with everything that is given at points, on cells and on edges carried
along, the barycentric gradients and the measures move as (e.g. Berggren 2010, Appl. Numer. Math. 60, 159-176)

    δ∇λ_a = −(DV)ᵀ ∇λ_a,    δ|T| = |T| div V,    δ|e| = t·(V_1 − V_0) for an edge with the unit tangent t,

so that dJ = ∂J + λ·(δb − δK u) for the adjoint λ: no mesh and no solve of its own. This is the gradient of what is
computed. Its values at inner nodes are not 0: they say how the error changes, and vanish with it.
"""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.assembly import flux_products, source_products
from models.fem.problem import Problem
from models.fem.quadrature import quadrature


def node_gradient(given: Problem, u: Array, adjoint: Array) -> Array:
    """(nodes, 2): λ·(δb − δK u) by each coordinate, u and λ (points,)."""
    mesh = given.mesh
    by_corner = _source_work(given, adjoint)[:, None, None] * mesh.gradients - _stiffness_gradient(given, u, adjoint)
    total = np.zeros_like(mesh.nodes)
    np.add.at(total, mesh.cells, by_corner)
    np.add.at(total, mesh.edges[given.boundary.neumann_edges], _flux_gradient(given, adjoint))
    return total


def _stiffness_gradient(given: Problem, u: Array, v: Array) -> Array:
    """(cells, 3, 2): by each corner of v·K_c u = k |T| Σ_ab S_ab ∇λ_a·∇λ_b, where S has the slopes of v and u."""
    mesh, element = given.mesh, given.element
    rule = quadrature(2 * element.degree - 2)
    slopes = element.derivatives(rule.points)  # (q, n, 3)
    points = mesh.cell_points(element.degree)
    one, other = (np.einsum("cn,qna->cqa", field[points], slopes) for field in (v, u))
    S = np.einsum("q,cqa,cqb->cab", rule.weights, one, other)
    S = S + S.transpose(0, 2, 1)
    G = mesh.gradients @ mesh.gradients.transpose(0, 2, 1)
    energy = np.sum(S * G, axis=(1, 2))[:, None, None] / 2
    moved = energy * mesh.gradients - G @ S @ mesh.gradients
    return np.asarray((given.conductivity * mesh.areas)[:, None, None] * moved)


def _source_work(given: Problem, v: Array) -> Array:
    """(cells,): v·b of each cell."""
    mesh, element = given.mesh, given.element
    loads = given.source @ source_products(element, 2)
    return np.asarray(mesh.areas * np.sum(loads * v[mesh.cell_points(element.degree)], axis=1))


def _flux_gradient(given: Problem, v: Array) -> Array:
    """(neumann, 2 nodes, 2): of v·b of each edge, which is its length times a mean."""
    mesh, element, edges = given.mesh, given.element, given.boundary.neumann_edges
    means = np.sum((given.boundary.flux @ flux_products(element)) * v[mesh.edge_points(element.degree)[edges]], axis=1)
    low, high = mesh.nodes[mesh.edges[edges]].transpose(1, 0, 2)
    pull = (means / mesh.edge_lengths[edges])[:, None] * (high - low)
    return np.stack((-pull, pull), axis=1)
