"""The nested grids of a square, and which of their nodes are fixed.

A grid of nx × ny rectangles is coarsened by two in both directions while both are even. Its triangles are then those of
the next coarser grid, cut into four: spaces of P1 are nested, and interpolation is linear along the edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.base import Array

# Coarsening stops where a side is this short: what is left costs less than the calls that would coarsen it.
SHORTEST = 4


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Made by `hierarchy`. Level 0 is the finest; all but the last are held as two colours; see `conductances`."""

    sides: Array  # (levels, 2): nx, ny
    starts: Array  # (levels + 1,): where each level begins in an array of all, in entries of one colour
    fixed: tuple[Array, ...]  # on each level the fixed nodes (fixed, 2): column i, row j

    @property
    def levels(self) -> int:
        return len(self.sides)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of nodes on level 0."""
        x_count, y_count = self.sides[0].tolist()
        return y_count + 1, x_count + 1

    @property
    def weights(self) -> tuple[float, float]:
        """The conductances of half a horizontal and half a vertical edge for k = 1, on every level."""
        x_count, y_count = self.sides[0].tolist()
        return x_count / (2 * y_count), y_count / (2 * x_count)

    @cached_property
    def room(self) -> tuple[Array, Array, Array]:
        """What `cycle.conjugate_gradients` works in. Kept, for one thread: new pages take a quarter of a solve."""
        (rows, columns), size = self.shape, int(self.starts[-1])
        double = np.zeros((8, rows + 2, columns // 2 + 3))
        return double, np.zeros(6 * size, np.float32), np.zeros(2 * size, np.float32)


def hierarchy(x_count: int, y_count: int, fixed: Array) -> Hierarchy:
    """fixed (points,) are numbers of nodes on the boundary, node i + j (x_count + 1) being at column i and row j.

    A coarse node is fixed where it was, or where a fixed node beside it on the boundary is left out. So a field on the
    coarse grid that is 0 at its fixed nodes is 0 at those of the fine grid: the spaces stay nested.
    """
    sides = nested_sides(x_count, y_count)
    nodes = [np.column_stack((fixed % (x_count + 1), fixed // (x_count + 1)))]
    for columns, _ in sides[1:]:
        parents = np.vstack((nodes[-1] // 2, (nodes[-1] + 1) // 2))
        numbers = np.unique(parents[:, 0] + parents[:, 1] * (columns + 1))
        nodes.append(np.column_stack((numbers % (columns + 1), numbers // (columns + 1))))
    sizes = [(x // 2 + 3) * (y + 3) for x, y in sides]
    starts = np.concatenate(([0], np.cumsum(sizes)))
    return Hierarchy(np.array(sides, dtype=np.int64), starts.astype(np.int64), tuple(nodes))


def nested_sides(x_count: int, y_count: int) -> list[tuple[int, int]]:
    """nx and ny of each level."""
    sides = [(x_count, y_count)]
    while all(side % 2 == 0 and side > SHORTEST for side in sides[-1]):
        sides.append((sides[-1][0] // 2, sides[-1][1] // 2))
    return sides
