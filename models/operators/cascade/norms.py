"""The L2 norm of a P1 field."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.compiled import compiled_reordered
from models.fem.mesh import Triangulation


def l2_norm(mesh: Triangulation, u: Array) -> float:
    """‖u‖ for a field u (points,)."""
    return float(np.sqrt(_square(mesh.cells, mesh.areas, u)))


@compiled_reordered
def _square(cells: Array, areas: Array, u: Array) -> float:
    total = 0.0
    for cell in range(len(cells)):
        a, b, c = u[cells[cell, 0]], u[cells[cell, 1]], u[cells[cell, 2]]
        total += areas[cell] * (a * a + b * b + c * c + (a + b + c) ** 2) / 12
    return total
