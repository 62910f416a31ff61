"""The weak form: ∫ k ∇u·∇v = ∫ f v + ∫_N q v, as a stiffness matrix and load vectors."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array

from models.base import Array
from models.fem.element import Element
from models.fem.mesh import Triangulation
from models.fem.quadrature import Quadrature, quadrature
from models.fem.simplicial import Simplicial

# ∫ of products of the quadratic Lagrange shapes (low, high, midpoint) on the unit interval.
_EDGE_MASS = np.array([[4.0, -1.0, 2.0], [-1.0, 4.0, 2.0], [2.0, 2.0, 16.0]]) / 30

# The element's traces on an edge, written in those quadratic shapes.
_EDGE_TRACES = {1: np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]]), 2: np.eye(3)}


def stiffness(mesh: Triangulation, element: Element, conductivity: Array) -> csr_array:
    """(points, points): ∫ k ∇φ_i·∇φ_j, conductivity (cells,)."""
    rule = quadrature(2 * element.degree - 2)
    local = gradient_products(mesh, conductivity, rule, element.derivatives(rule.points))
    return assemble(local, mesh.cell_points(element.degree))


def gradient_products(mesh: Triangulation, factor: Array, rule: Quadrature, weights: Array) -> Array:
    """(cells, n, n): factor (cells,) times ∫ v_i·v_j, v_i = Σ_a w_ia ∇λ_a with weights (q, n, 3) at the rule's points.

    Curls have the products of gradients: v_i = Σ_a w_ia curl λ_a gives the same.
    """
    count = weights.shape[1]
    reference = np.einsum("q,qia,qjb->abij", rule.weights, weights, weights)
    metric = (factor * mesh.areas)[:, None, None] * (mesh.gradients @ mesh.gradients.transpose(0, 2, 1))
    local: Array = metric.reshape(-1, 9) @ reference.reshape(9, -1)
    return local.reshape(-1, count, count)


def assemble(local: Array, dofs: Array) -> csr_array:
    """The square matrix that is the sum over cells of local (cells, n, n), at rows and columns dofs (cells, n)."""
    count, size = int(dofs.max()) + 1, dofs.shape[1]
    rows, columns = np.repeat(dofs, size, axis=1), np.tile(dofs, size)
    return coo_array((local.ravel(), (rows.ravel(), columns.ravel())), shape=(count, count)).tocsr()


def source_load(mesh: Simplicial, element: Element, source: Array) -> Array:
    """(points,): ∫ f φ_i, where source (cells, n) holds f at each cell's points."""
    local = mesh.volumes[:, None] * (source @ source_products(element, mesh.nodes.shape[1]))
    return np.bincount(mesh.cell_points(element.degree).ravel(), weights=local.ravel())


def flux_load(mesh: Triangulation, element: Element, edges: Array, flux: Array) -> Array:
    """(points,): ∫ q φ_i over edges (n,), where flux (n, 3) holds q at their low node, high node and midpoint."""
    points = mesh.edge_points(element.degree)
    local = mesh.edge_lengths[edges, None] * (flux @ flux_products(element))
    return np.bincount(points[edges].ravel(), weights=local.ravel(), minlength=int(points.max()) + 1)


def source_products(element: Element, dimension: int) -> Array:
    """(n, n), symmetric: the means of products of an element's shapes over a cell."""
    rule = quadrature(2 * element.degree, dimension)
    shapes = element.shapes(rule.points)
    return np.asarray(np.einsum("q,qi,qj->ij", rule.weights, shapes, shapes))


def flux_products(element: Element) -> Array:
    """(3, traces): the means over an edge of a quadratic's shapes times the element's traces."""
    return np.asarray(_EDGE_MASS @ _EDGE_TRACES[element.degree].T)
