"""Equilibrated fluxes: σ with −div σ = f in every cell and σ·n = q on the Neumann edges, as near to k ∇u_h as can be.

Any field σ of that kind bounds the energy error, so it is built in three steps that each keep what the one before
achieved: the data (Neumann edges and source bubbles), balance (carried out along the dual graph's tree), closeness
(the complementary energy ½ ∫ |σ − k ∇u_h|² / k is minimised over cycles and bubbles, which change neither divergence
nor Neumann flux).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import block_diag, csr_array, eye_array

from models.base import Array
from models.fem.assembly import assemble, gradient_products
from models.fem.dual_graph import DualGraph, net_outflow
from models.fem.flux_space import FluxSpace, SourceBubble, source_bubble
from models.fem.minimise import minimise
from models.fem.problem import Problem
from models.fem.quadrature import quadrature


@dataclass(frozen=True, eq=False)
class Flux:
    """A flux for a problem: coefficients in a space of constant divergence, and the source's own bubbles."""

    space: FluxSpace
    bubble: SourceBubble
    coefficients: Array  # (space.size,)
    graph: DualGraph

    def at(self, point: Array) -> Array:
        """(cells, 2): σ at one barycentric point (3,)."""
        local = self.coefficients[self.space.cell_dofs] * self.space.cell_signs
        weights = local @ self.space.shapes(point) + self.bubble.weights(point)
        return np.asarray(np.einsum("ca,cad->cd", weights, self.space.mesh.curls))


def equilibrate(problem: Problem, u: Array) -> Flux:
    """The equilibrated flux for a field u (points,) of the problem's element. Raises `SingularMatrix`."""
    start = prescribed(problem)
    coefficients, edges = start.coefficients.copy(), slice(0, len(problem.mesh.edges))
    coefficients[edges] -= start.graph.carry(imbalance(problem, coefficients[edges]))
    return _closest(problem, u, replace(start, coefficients=coefficients))


def prescribed(problem: Problem) -> Flux:
    """A flux that has what is given, on the Neumann edges and by the source's bubbles, and no balance yet."""
    space = FluxSpace(problem.mesh, max(problem.element.degree, problem.boundary.flux_degree))
    is_open = np.ones(len(problem.mesh.edges), dtype=bool)
    is_open[problem.boundary.neumann_edges] = False
    bubble = source_bubble(problem.mesh, -problem.source)
    return Flux(space, bubble, _neumann_coefficients(problem, space), DualGraph(problem.mesh, is_open))


def imbalance(problem: Problem, edge_flux: Array) -> Array:
    """(cells,): ∫ f + the net outflow; 0 where a cell is in balance."""
    return net_outflow(problem.mesh, edge_flux) + total_source(problem)


def total_source(problem: Problem) -> Array:
    """(cells,): ∫ f over each cell."""
    rule = quadrature(problem.element.degree)
    return np.asarray(problem.mesh.areas * (problem.source @ (rule.weights @ problem.element.shapes(rule.points))))


def gradient(problem: Problem, u: Array, point: Array) -> Array:
    """(cells, 2): ∇u_h at one barycentric point (3,)."""
    slopes = u[problem.mesh.cell_points(problem.element.degree)] @ problem.element.derivatives(point)
    return np.asarray(np.einsum("ca,cad->cd", slopes, problem.mesh.gradients))


def _neumann_coefficients(problem: Problem, space: FluxSpace) -> Array:
    """(space.size,): zero but for the coefficients whose normal component on the Neumann edges is q.

    On an edge with t from 0 (low node) to 1, q = mean + slope (t − ½) + bend (t² − t + 1/6): the mean is net flux,
    the others are derivatives along the edge of −slope/2 t(1 − t) and bend/6 t(1 − t)(1 − 2t), the traces of the
    bubbles.
    """
    mesh, edges = problem.mesh, problem.boundary.neumann_edges
    low, high, middle = problem.boundary.flux.T
    outward = np.zeros(len(mesh.edges))
    outward[mesh.cell_edges] = mesh.cell_signs  # a boundary edge has one cell
    scale = outward[edges] * mesh.edge_lengths[edges]
    coefficients = np.zeros(space.size)
    coefficients[edges] = scale * (low + 4 * middle + high) / 6
    coefficients[len(mesh.edges) + edges] = -scale * (high - low) / 2
    if space.degree == 2:
        coefficients[2 * len(mesh.edges) + edges] = scale * (low + high - 2 * middle) / 3
    return coefficients


def _closest(problem: Problem, u: Array, start: Flux) -> Flux:
    """The start, moved along cycles of net flux and bubbles off the Neumann edges."""
    space, edge_count = start.space, len(problem.mesh.edges)
    cycles = start.graph.cycles()
    keep = np.ones(space.size - edge_count, dtype=bool)
    for first in range(0, space.degree * edge_count, edge_count):
        keep[first : first + edge_count] = start.graph.is_open
    bubbles = eye_array(len(keep), format="csc")[:, np.flatnonzero(keep)]
    free: csr_array = block_diag((cycles, bubbles), format="csr")

    energy = _complementary_energy(problem, u, start)
    matrix = (free.T @ (energy.hessian @ free)).tocsr()
    change = minimise(matrix, -(free.T @ energy.slope), energy.square, cycles.shape[1])
    return replace(start, coefficients=start.coefficients + free @ change)


@dataclass(frozen=True, eq=False)
class _Quadratic:
    """½ ∫ |σ − k ∇u_h|² / k as a function of the coefficients of σ."""

    square: float  # twice the value
    slope: Array  # (size,)
    hessian: csr_array  # (size, size)


def _complementary_energy(problem: Problem, u: Array, flux: Flux) -> _Quadratic:
    """Its value and slope at the given flux."""
    space, mesh = flux.space, problem.mesh
    rule = quadrature(2 * space.degree + 2)
    shapes = np.stack([space.shapes(point) for point in rule.points])
    hessian = gradient_products(mesh, 1 / problem.conductivity, rule, shapes)
    hessian *= space.cell_signs[:, :, None] * space.cell_signs[:, None, :]

    scale = (mesh.areas / problem.conductivity)[:, None]
    slope = np.zeros(space.cell_dofs.shape)
    square = 0.0
    for point, weight, shape in zip(rule.points, rule.weights, shapes, strict=True):
        excess = flux.at(point) - problem.conductivity[:, None] * gradient(problem, u, point)
        slope += np.einsum("cad,cd->ca", mesh.curls, weight * scale * excess) @ shape.T
        square += weight * float(np.sum(scale * excess**2))
    slope *= space.cell_signs
    total = np.bincount(space.cell_dofs.ravel(), weights=slope.ravel(), minlength=space.size)
    return _Quadratic(square, total, assemble(hessian, space.cell_dofs))
