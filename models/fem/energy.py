"""The energy norm of a field."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.compiled import compiled
from models.fem.element import P1
from models.fem.hats import derivatives_at_corners
from models.fem.problem import Problem


def energy_norm(problem: Problem, u: Array) -> float:
    """‖k^½ ∇u_h‖ for a field u (points,)."""
    mesh, element = problem.mesh, problem.element
    if element is P1:
        k = np.ascontiguousarray(problem.conductivity)
        return float(np.sqrt(_square_of_linear(mesh.nodes, mesh.cells, mesh.areas, k, u)))
    shares = np.empty(len(mesh.cells))
    # Scaled before it is squared: the energy is in the range of floating point where k and ∇u may not be.
    scale = np.sqrt(problem.conductivity) / (2 * np.sqrt(mesh.areas))
    derivatives = np.array(element.derivatives(np.eye(3)))
    _square(mesh.nodes, mesh.cells, scale, u, mesh.cell_points(element.degree), derivatives, shares)
    return float(np.sqrt(shares.sum()))


@compiled
def _square_of_linear(nodes: Array, cells: Array, areas: Array, conductivity: Array, u: Array) -> float:
    """For P1: a quarter of the time, as a cell has one gradient."""
    total = 0.0
    for cell in range(len(cells)):
        a, b, c = cells[cell, 0], cells[cell, 1], cells[cell, 2]
        scale = np.sqrt(conductivity[cell]) / (2 * np.sqrt(areas[cell]))
        first, second = scale * (u[a] - u[c]), scale * (u[b] - u[c])
        across = first * (nodes[b, 1] - nodes[c, 1]) + second * (nodes[c, 1] - nodes[a, 1])
        up = first * (nodes[c, 0] - nodes[b, 0]) + second * (nodes[a, 0] - nodes[c, 0])
        total += across**2 + up**2
    return total


@compiled
def _square(
    nodes: Array, cells: Array, scale: Array, u: Array, cell_points: Array, derivatives: Array, shares: Array
) -> None:
    """Fills shares (cells,) by the rule of the three midpoints, which is exact for squares of linear gradients."""
    at, across, up = np.empty((3, 3)), np.empty(3), np.empty(3)
    count = 1 if cell_points.shape[1] == 3 else 3  # of corners: the gradient of P1 is the same at all
    for cell in range(len(shares)):
        derivatives_at_corners(u, cell_points, cell, derivatives, at)
        a, b, c = cells[cell, 0], cells[cell, 1], cells[cell, 2]
        for corner in range(count):  # ∇λ_a is the side opposite, turned round, over twice the area
            first = scale[cell] * (at[corner, 0] - at[corner, 2])
            second = scale[cell] * (at[corner, 1] - at[corner, 2])
            across[corner] = first * (nodes[b, 1] - nodes[c, 1]) + second * (nodes[c, 1] - nodes[a, 1])
            up[corner] = first * (nodes[c, 0] - nodes[b, 0]) + second * (nodes[a, 0] - nodes[c, 0])
        share = 0.0
        for corner in range(count):
            other = (corner + 1) % count
            share += (across[corner] + across[other]) ** 2 + (up[corner] + up[other]) ** 2
        shares[cell] = share / (4 * count)
