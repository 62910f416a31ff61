"""Whether multigrid on the square beats a direct solve. Light: what it says yes to imports Numba."""

from __future__ import annotations

from models.base import Array
from models.fem.structured.hierarchy import nested_sides

# Of rectangles. Below, a direct solve takes about two milliseconds and leaves a residual of round-off.
SMALLEST = 1024
# Of one side of a rectangle to the other: the steps grow with it, from 10 to 17 at 2, 33 at 4 and 67 at 8.
STRETCH = 4
# What the factor of the coarsest grid takes, nodes times squared bandwidth, over what a direct solve takes on the
# finest, nodes to the 3/2. At 16 (254², 127² remain) both took 0.26 s; at 8 (130²) 0.02 s for 0.05, at 1.2 (300²) 0.04
# for 0.37.
COARSEST = 10


def is_worthwhile(divisions: Array | None, degree: int) -> bool:
    """Whether this beats a direct solve on the mesh of a task with these divisions (2,)."""
    if divisions is None or degree != 1:
        return False
    x_count, y_count = divisions.tolist()
    if x_count * y_count < SMALLEST or max(x_count, y_count) > STRETCH * min(x_count, y_count):
        return False
    nested = nested_sides(x_count, y_count)
    short, long = sorted(nested[-1])
    return len(nested) > 1 and (short + 1) ** 3 * (long + 1) <= COARSEST * (x_count * y_count) ** 1.5
