"""Hat functions on one triangle, for compiled loops over cells."""

from __future__ import annotations

from models.base import Array
from models.fem.compiled import compiled


@compiled
def stiffness_of_hats(nodes: Array, cells: Array, cell: int, angles: Array) -> float:
    """Fills angles (3,) with −∫ ∇λ_a·∇λ_b for the edges (a, b) = (0,1), (1,2), (2,0), and returns the area.

    Each is half the cotangent of the angle opposite.
    """
    i, j, k = cells[cell, 0], cells[cell, 1], cells[cell, 2]
    ax, ay = nodes[j, 0] - nodes[i, 0], nodes[j, 1] - nodes[i, 1]
    bx, by = nodes[k, 0] - nodes[j, 0], nodes[k, 1] - nodes[j, 1]
    cx, cy = nodes[i, 0] - nodes[k, 0], nodes[i, 1] - nodes[k, 1]
    double = ay * cx - ax * cy
    angles[0] = -(bx * cx + by * cy) / (2 * double)
    angles[1] = -(cx * ax + cy * ay) / (2 * double)
    angles[2] = -(ax * bx + ay * by) / (2 * double)
    return double / 2  # type: ignore[no-any-return]


@compiled
def derivatives_at_corners(u: Array, cell_points: Array, cell: int, derivatives: Array, at: Array) -> None:
    """Fills at (3, 3) with ∂u/∂λ_b at each corner of a cell, for an element's derivatives (3, points, 3) there."""
    if cell_points.shape[1] == 3:  # hats, whose derivatives are 1 and 0
        for b in range(3):
            at[0, b] = at[1, b] = at[2, b] = u[cell_points[cell, b]]
        return
    at[:] = 0.0
    for point in range(cell_points.shape[1]):
        value = u[cell_points[cell, point]]
        for corner in range(3):
            for b in range(3):
                at[corner, b] += value * derivatives[corner, point, b]


@compiled
def normal_components(at: Array, angles: Array, k: float, through: Array) -> None:
    """Fills through (3, 2) with k ∂u/∂n times the length of edge (a, b), at a and at b, n outwards."""
    ab, bc, ca = 2 * k * angles[0], 2 * k * angles[1], 2 * k * angles[2]
    for end in range(2):
        through[0, end] = ca * (at[end, 0] - at[end, 2]) + bc * (at[end, 1] - at[end, 2])
        through[1, end] = ab * (at[1 + end, 1] - at[1 + end, 0]) + ca * (at[1 + end, 2] - at[1 + end, 0])
    through[2, 0] = bc * (at[2, 2] - at[2, 1]) + ab * (at[2, 0] - at[2, 1])
    through[2, 1] = bc * (at[0, 2] - at[0, 1]) + ab * (at[0, 0] - at[0, 1])
