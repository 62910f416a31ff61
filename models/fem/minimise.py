"""The minimum of a convex quadratic to a few digits: preconditioned conjugate gradients on a hierarchical splitting.

The first unknowns, whose condition grows with the mesh, are eliminated exactly; the others are bubbles, scaled by their
diagonal. The number of steps then depends on the shape of the cells alone (Axelsson & Gustafsson 1983, Math. Comp. 40,
219-242).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from models.base import Array
from models.fem.direct import factorize

# The value only has to be near its minimum: stop when DELAY steps lower it by less than this part. Their sum is a sharp
# estimate of how far the value was from its minimum before them (Strakoš & Tichý 2002, ETNA 13, 56-80).
ENOUGH = 2e-3
DELAY = 4
# What a value of 0 looks like: this part of the first value is round-off.
FLOOR = 1e-16
MAX_STEPS = 200  # stretched cells take about as many as their aspect ratio; anything that is reached is a bound


def minimise(matrix: csr_array, load: Array, square: float, direct_count: int) -> Array:
    """x near the minimum of square − 2 load·x + x·matrix x ≥ 0.

    The first `direct_count` unknowns are eliminated exactly. Raises `SingularMatrix`.
    """
    solve = factorize(matrix[:direct_count, :direct_count]) if direct_count else np.copy
    diagonal = matrix.diagonal()[direct_count:]

    def precondition(rest: Array) -> Array:
        return np.concatenate((solve(rest[:direct_count]), rest[direct_count:] / diagonal))

    floor = FLOOR * square
    x = np.zeros_like(load)
    x[:direct_count] = solve(load[:direct_count])
    square -= float(x @ load)
    rest = load - matrix @ x
    direction, previous = np.zeros_like(x), 1.0
    gains: list[float] = []
    for _ in range(MAX_STEPS):
        ahead = precondition(rest)
        current = float(ahead @ rest)
        if not current > 0:
            break
        direction = ahead + (current / previous) * direction
        image = matrix @ direction
        length = current / float(direction @ image)
        x, rest = x + length * direction, rest - length * image
        previous = current
        gains.append(length * current)
        square -= gains[-1]
        if len(gains) >= DELAY and not sum(gains[-DELAY:]) > ENOUGH * max(square, floor):
            break
    return x
