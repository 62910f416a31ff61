"""Random problems on the structured square, and their solutions by the general path and a direct solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.element import ELEMENTS
from models.fem.mesh import unit_square
from models.fem.operator import operator
from models.fem.plan import Plan, plan


@dataclass(frozen=True, eq=False)
class Square:
    """A conductivity, a load and values at fixed nodes (0 at the others)."""

    sides: tuple[int, int]
    dirichlet: Array  # (fixed,) nodes
    conductivity: Array  # (cells,)
    load: Array  # (points,)
    fixed: Array  # (points,)

    def plan(self) -> Plan:
        return plan(unit_square(*self.sides), ELEMENTS[1], self.dirichlet)

    def solution(self) -> Array:
        """By the general plan and sparse LU."""
        [found] = operator(self.plan(), self.conductivity).solve([self.load], [self.fixed])
        return found.x


def boundary_nodes(x_count: int, y_count: int) -> Array:
    """In the order in which one walks around the square."""
    numbers = np.arange((x_count + 1) * (y_count + 1)).reshape(y_count + 1, x_count + 1)
    return np.concatenate((numbers[0, :-1], numbers[:-1, -1], numbers[-1, :0:-1], numbers[:0:-1, 0]))


def random_square(
    sides: tuple[int, int], *, seed: int = 0, spread: float = 1.0, first: int = 0, count: int | None = None
) -> Square:
    """Conductivities exp(spread · normal); `count` boundary nodes from the `first` on are fixed, all without it."""
    rng = np.random.default_rng(seed)
    around = np.roll(boundary_nodes(*sides), -first)
    dirichlet = around if count is None else around[:count]
    points = (sides[0] + 1) * (sides[1] + 1)
    fixed = np.zeros(points)
    fixed[dirichlet] = rng.standard_normal(len(dirichlet))
    conductivity = np.exp(spread * rng.standard_normal(2 * sides[0] * sides[1]))
    return Square(sides, dirichlet, conductivity, rng.standard_normal(points) / points, fixed)
