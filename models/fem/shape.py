"""The shape of cells: how long, and how flat."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.compiled import compiled
from models.fem.mesh import Triangulation


def mean_aspect(mesh: Triangulation, weights: Array) -> float:
    """The weighted mean of longest edge² / twice the area: 1.2 where all sides are equal, 2 for half a square."""
    return _mean_aspect(mesh.nodes, mesh.cells, weights)


@compiled
def _mean_aspect(nodes: Array, cells: Array, weights: Array) -> float:
    total, weight = 0.0, 0.0
    for cell in range(len(cells)):
        double, longest, _ = measures(nodes, cells, cell)
        total += weights[cell] * longest**2 / double
        weight += weights[cell]
    return total / weight


@compiled
def measures(nodes: Array, cells: Array, cell: int) -> tuple[float, float, float]:
    """Twice the area of a cell, its longest edge, and its circumference."""
    i, j, k = cells[cell, 0], cells[cell, 1], cells[cell, 2]
    ax, ay = nodes[j, 0] - nodes[i, 0], nodes[j, 1] - nodes[i, 1]
    bx, by = nodes[k, 0] - nodes[j, 0], nodes[k, 1] - nodes[j, 1]
    cx, cy = nodes[i, 0] - nodes[k, 0], nodes[i, 1] - nodes[k, 1]
    a, b, c = np.hypot(ax, ay), np.hypot(bx, by), np.hypot(cx, cy)
    return ay * cx - ax * cy, max(a, b, c), a + b + c
