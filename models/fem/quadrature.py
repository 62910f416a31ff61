"""Quadrature on simplices: symmetric rules with positive weights and inner points.

Segment: Gauss-Legendre. Triangle: Strang & Fix 1973 (degree 2); Dunavant 1985, Int. J. Numer. Methods Eng. 21,
1129-1148, table II (degrees 4 and 6; degree 4 in closed form). Tetrahedron: Hammer & Stroud 1956, Math. Tables Aids
Comput. 10, 137-139 (degree 2); Walkington 2000, Quadrature on simplices of arbitrary dimension (degree 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import sqrt

import numpy as np

from models.base import Array


@dataclass(frozen=True, eq=False)
class Quadrature:
    """∫_T g ≈ |T| Σ weight g(point), exact for polynomials up to `degree`."""

    degree: int
    points: Array  # (count, d + 1) barycentric
    weights: Array  # (count,), sum 1


Orbit = list[tuple[float, ...]]


def _median(a: float) -> Orbit:
    return [(1 - 2 * a, a, a), (a, 1 - 2 * a, a), (a, a, 1 - 2 * a)]


def _general(a: float, b: float) -> Orbit:
    c = 1 - a - b
    return [(a, b, c), (b, c, a), (c, a, b), (b, a, c), (a, c, b), (c, b, a)]


def _corners(a: float) -> Orbit:
    """Four points of a tetrahedron, each with three coordinates a."""
    return [tuple(1 - 3 * a if i == corner else a for i in range(4)) for corner in range(4)]


def _middles(a: float) -> Orbit:
    """Six points of a tetrahedron, each with two coordinates a."""
    return [tuple(a if i in pair else 0.5 - a for i in range(4)) for pair in combinations(range(4), 2)]


def _rule(degree: int, *orbits: tuple[float, Orbit]) -> Quadrature:
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


SEGMENT = tuple(
    Quadrature(2 * count - 1, np.column_stack(((1 - x) / 2, (1 + x) / 2)), w / 2)
    for count in (1, 2, 3)
    for x, w in [np.polynomial.legendre.leggauss(count)]
)

TETRAHEDRON = (
    _rule(2, (1 / 4, _corners((5 - sqrt(5)) / 20))),
    _rule(
        5,
        (0.01224884051939366, _corners(0.0927352503108912)),
        (0.01878132095300264, _corners(0.3108859192633006)),
        (0.007091003462846911, _middles(0.0455037041256497)),
    ),
)

BY_DIMENSION = {1: SEGMENT, 2: RULES, 3: TETRAHEDRON}


def quadrature(degree: int, dimension: int = 2) -> Quadrature:
    """The cheapest rule that is exact for `degree`: at most 5 on segments and tetrahedra, 6 on triangles."""
    return next(rule for rule in BY_DIMENSION[dimension] if rule.degree >= degree)
