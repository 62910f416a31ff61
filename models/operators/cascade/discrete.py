"""A discrete problem to which a field can be held: by multigrid, or directly where a grid does not suit that.

Another kind of problem has estimates and corrections by this contract: a step that its own solver preconditions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from models.base import Array
from models.fem.bound import Stars
from models.fem.direct import SingularMatrix, Solution
from models.fem.plan import Plan
from models.fem.problem import Problem
from models.fem.scale import out_of_scale
from models.fem.structured.iteration import Improvement
from models.fem.structured.square import SquareOperator


class Discrete(Protocol):
    @property
    def problem(self) -> Problem: ...

    @property
    def stars(self) -> Stars: ...

    def improve(self, u: Array, steps: int) -> Improvement:
        """A finite field u (points,), 0 on the boundary, after so many steps towards the solution, or fewer where it
        has arrived. The sum of the gains is at most the squared energy error of u. Raises as `solve`."""
        ...

    def solve(self, start: Array | None) -> Solution:
        """Iterations begin at a field (points,), or at 0. Raises `Refusal` OUT_OF_RANGE beyond floating point."""
        ...


@dataclass(frozen=True, eq=False)
class ByMultigrid:
    problem: Problem
    stars: Stars
    operator: SquareOperator
    load: Array  # (points,)

    def improve(self, u: Array, steps: int) -> Improvement:
        return self.operator.improve(self.load, u, steps)

    def solve(self, start: Array | None) -> Solution:
        return _in_range(lambda: self.operator.solve(*_alone(self.load), None if start is None else [start]))


@dataclass(frozen=True, eq=False)
class Directly:
    """Its one step is the whole way: small grids, and sides that cannot be halved."""

    problem: Problem
    stars: Stars
    plan: Plan
    load: Array  # (points,)

    def improve(self, u: Array, steps: int) -> Improvement:
        away = self._solution.x - u
        gain = float(away @ self.plan.apply(self.problem.conductivity, away))
        if steps == 0:
            return Improvement(u, away, np.array([0.0, gain]))
        return Improvement(self._solution.x, np.zeros_like(u), np.array([gain, 0.0]))

    def solve(self, start: Array | None) -> Solution:
        return self._solution

    @cached_property
    def _solution(self) -> Solution:
        return _in_range(lambda: self.plan.operator(self.problem.conductivity).solve(*_alone(self.load)))


def _alone(load: Array) -> tuple[list[Array], list[Array]]:
    """Loads and fixed values."""
    return [load], [np.zeros_like(load)]


def _in_range(solve: Callable[[], Sequence[Solution]]) -> Solution:
    try:
        with np.errstate(all="ignore"):
            [found] = solve()
    except SingularMatrix:
        raise out_of_scale() from None
    if not np.isfinite(found.x).all():
        raise out_of_scale()
    return found
