"""Block Gauss-Seidel in three dimensions: the three components of a point are relaxed at once, points in order.

From 0, a sweep forward leaves the residual −U x, of the blocks after the diagonal, so that sweep and residual together
read the matrix once. The sweep backward is its adjoint: a cycle of the two is symmetric, as conjugate gradients ask.
"""

from __future__ import annotations

from models.base import Array
from models.fem.compiled import compiled_reordered


@compiled_reordered
def forward(starts: Array, columns: Array, blocks: Array, inverses: Array, load: Array, x: Array) -> None:
    """x (points, 3) = (L + D)⁻¹ load; inverses (points, 3, 3) are those of the blocks of D."""
    for row in range(len(starts) - 1):
        r0, r1, r2 = load[row, 0], load[row, 1], load[row, 2]
        for k in range(starts[row], starts[row + 1]):
            column = columns[k]
            if column >= row:
                break
            x0, x1, x2 = x[column, 0], x[column, 1], x[column, 2]
            r0 -= blocks[k, 0, 0] * x0 + blocks[k, 0, 1] * x1 + blocks[k, 0, 2] * x2
            r1 -= blocks[k, 1, 0] * x0 + blocks[k, 1, 1] * x1 + blocks[k, 1, 2] * x2
            r2 -= blocks[k, 2, 0] * x0 + blocks[k, 2, 1] * x1 + blocks[k, 2, 2] * x2
        for a in range(3):
            x[row, a] = inverses[row, a, 0] * r0 + inverses[row, a, 1] * r1 + inverses[row, a, 2] * r2


@compiled_reordered
def rest(starts: Array, columns: Array, blocks: Array, x: Array, left: Array) -> None:
    """left (points, 3) = −U x, the residual after `forward`."""
    for row in range(len(starts) - 1):
        r0, r1, r2 = 0.0, 0.0, 0.0
        for k in range(starts[row + 1] - 1, starts[row] - 1, -1):
            column = columns[k]
            if column <= row:
                break
            x0, x1, x2 = x[column, 0], x[column, 1], x[column, 2]
            r0 -= blocks[k, 0, 0] * x0 + blocks[k, 0, 1] * x1 + blocks[k, 0, 2] * x2
            r1 -= blocks[k, 1, 0] * x0 + blocks[k, 1, 1] * x1 + blocks[k, 1, 2] * x2
            r2 -= blocks[k, 2, 0] * x0 + blocks[k, 2, 1] * x1 + blocks[k, 2, 2] * x2
        left[row, 0], left[row, 1], left[row, 2] = r0, r1, r2


@compiled_reordered
def backward(starts: Array, columns: Array, blocks: Array, inverses: Array, load: Array, x: Array) -> None:
    """x becomes x + (D + U)⁻¹ (load − K x)."""
    for row in range(len(starts) - 2, -1, -1):
        r0, r1, r2 = load[row, 0], load[row, 1], load[row, 2]
        for k in range(starts[row], starts[row + 1]):
            column = columns[k]
            x0, x1, x2 = x[column, 0], x[column, 1], x[column, 2]
            r0 -= blocks[k, 0, 0] * x0 + blocks[k, 0, 1] * x1 + blocks[k, 0, 2] * x2
            r1 -= blocks[k, 1, 0] * x0 + blocks[k, 1, 1] * x1 + blocks[k, 1, 2] * x2
            r2 -= blocks[k, 2, 0] * x0 + blocks[k, 2, 1] * x1 + blocks[k, 2, 2] * x2
        for a in range(3):
            x[row, a] += inverses[row, a, 0] * r0 + inverses[row, a, 1] * r1 + inverses[row, a, 2] * r2
