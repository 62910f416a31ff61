"""Quadrature on the triangle: symmetric rules with positive weights and inner points.

Strang & Fix 1973 (degree 2); Dunavant 1985, Int. J. Numer. Methods Eng. 21, 1129-1148, table II (degrees 4 and 6;
degree 4 in closed form).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from models.base import Array


@dataclass(frozen=True, eq=False)
class Quadrature:
    """∫_T g ≈ |T| Σ weight g(point), exact for polynomials up to `degree`."""

    degree: int
    points: Array  # (count, 3) barycentric
    weights: Array  # (count,), sum 1


def _median(a: float) -> list[tuple[float, float, float]]:
    return [(1 - 2 * a, a, a), (a, 1 - 2 * a, a), (a, a, 1 - 2 * a)]


def _general(a: float, b: float) -> list[tuple[float, float, float]]:
    c = 1 - a - b
    return [(a, b, c), (b, c, a), (c, a, b), (b, a, c), (a, c, b), (c, b, a)]


def _rule(degree: int, *orbits: tuple[float, list[tuple[float, float, float]]]) -> Quadrature:
    points = np.array([point for _, orbit in orbits for point in orbit])
    weights = np.array([weight for weight, orbit in orbits for _ in orbit])
    return Quadrature(degree, points, weights / weights.sum())


_SPREAD = sqrt(38 - 44 * sqrt(2 / 5))
_SHIFT = sqrt(213125 - 53320 * sqrt(10))

RULES = (
    _rule(2, (1 / 3, _median(1 / 6))),
    _rule(
        4,
        ((620 + _SHIFT) / 3720, _median((8 - sqrt(10) + _SPREAD) / 18)),
        ((620 - _SHIFT) / 3720, _median((8 - sqrt(10) - _SPREAD) / 18)),
    ),
    _rule(
        6,
        (0.116786275726379, _median(0.249286745170910)),
        (0.050844906370207, _median(0.063089014491502)),
        (0.082851075618374, _general(0.053145049844817, 0.310352451033784)),
    ),
)


def quadrature(degree: int) -> Quadrature:
    """The cheapest rule that is exact for `degree` (at most 6)."""
    return next(rule for rule in RULES if rule.degree >= degree)
