"""The search over Rényi orders. Any order gives a bound that holds; a better one only gives a sharper bound.

So the search may use floats and stop early. The bound at what it finds is then computed with care.
"""

from __future__ import annotations

import math
from collections.abc import Callable

LEAST = 1 + 1e-6
MOST = 1e12
_RATIO = (math.sqrt(5) - 1) / 2
_STEP = 0.5  # of ln(α−1)
_REFINEMENTS = 40  # of one step by the golden section: to 1e-8 in ln(α−1), an error of 1e-16 in a smooth minimum


def best(cost: Callable[[float], float]) -> float:
    """A finite order in [LEAST, MOST] that nearly minimises `cost`, which may be infinite but not NaN."""
    low, high = math.log(LEAST - 1), math.log(MOST - 1)
    count = math.ceil((high - low) / _STEP)
    grid = [low + (high - low) * index / count for index in range(count + 1)]
    centre = min(range(count + 1), key=lambda index: cost(_order(grid[index])))
    at = _golden(lambda t: cost(_order(t)), grid[max(centre - 1, 0)], grid[min(centre + 1, count)])
    return min((_order(at), _order(grid[centre])), key=cost)


def _order(t: float) -> float:
    return min(max(1 + math.exp(t), LEAST), MOST)


def _golden(cost: Callable[[float], float], low: float, high: float) -> float:
    """Kiefer 1953: one evaluation for each refinement."""
    left, right = high - _RATIO * (high - low), low + _RATIO * (high - low)
    at_left, at_right = cost(left), cost(right)
    for _ in range(_REFINEMENTS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _RATIO * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _RATIO * (high - low)
            at_right = cost(right)
    return left if at_left <= at_right else right
