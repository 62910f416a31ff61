"""The energy norm of a field."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.compiled import compiled
from models.fem.hats import derivatives_at_corners
from models.fem.problem import Problem


def energy_norm(problem: Problem, u: Array) -> float:
    """‖k^½ ∇u_h‖ for a field u (points,)."""
    mesh, element = problem.mesh, problem.element
    shares = np.empty(len(mesh.cells))
    # Scaled before it is squared: the energy is in the range of floating point where k and ∇u may not be.
    scale = np.sqrt(problem.conductivity) / (2 * np.sqrt(mesh.areas))
    derivatives = np.array(element.derivatives(np.eye(3)))
    _square(mesh.nodes, mesh.cells, scale, u, mesh.cell_points(element.degree), derivatives, shares)
    return float(np.sqrt(shares.sum()))


@compiled
def _square(
    nodes: Array, cells: Array, scale: Array, u: Array, cell_points: Array, derivatives: Array, shares: Array
) -> None:
    """Fills shares (cells,) by the rule of the three midpoints, which is exact for squares of linear gradients."""
    at, across, up = np.empty((3, 3)), np.empty(3), np.empty(3)
    for cell in range(len(shares)):
        derivatives_at_corners(u, cell_points, cell, derivatives, at)
        a, b, c = cells[cell, 0], cells[cell, 1], cells[cell, 2]
        for corner in range(3):  # ∇λ_a is the side opposite, turned round, over twice the area
            first = scale[cell] * (at[corner, 0] - at[corner, 2])
            second = scale[cell] * (at[corner, 1] - at[corner, 2])
            across[corner] = first * (nodes[b, 1] - nodes[c, 1]) + second * (nodes[c, 1] - nodes[a, 1])
            up[corner] = first * (nodes[c, 0] - nodes[b, 0]) + second * (nodes[a, 0] - nodes[c, 0])
        share = 0.0
        for corner in range(3):
            share += (across[corner] + across[corner - 1]) ** 2 + (up[corner] + up[corner - 1]) ** 2
        shares[cell] = share / 12
