"""Newton's method with a line search, and continuation from the linear problem where it does not converge at once.

A step is halved until the potential falls as Armijo asks, or, as where there is none, the residual does.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from models.base import Array
from models.fem.direct import SingularMatrix
from models.fem.domain.continuation import continued
from models.fem.domain.linear import RESIDUAL_LIMIT, constrained
from models.fem.nonlinear_diffusion.problem import Problem

GOAL = 1e-11  # relative residual at which a step would add digits of round-off only
ATTEMPT = 25  # steps for one share
SHORTEST = 1 / 256  # of a step
SMALLEST_ADVANCE = 1e-3  # of the share
DECREASE = 1e-4  # Armijo's


@dataclass(frozen=True, eq=False)
class Found:
    """Made by `solved`. Where `reached` is less than 1, u is of that share of the nonlinearity."""

    u: Array
    reached: float
    residual: float  # relative, of the whole problem
    history: Array  # (steps, 3): share, step length, relative residual


@dataclass
class _Search:
    """Counts steps, and writes the history down."""

    problem: Problem
    steps_left: int
    history: list[tuple[float, float, float]] = field(default_factory=list)

    def newton(self, u: Array, share: float) -> Array | None:
        """From u; None where it does not converge."""
        if self.steps_left == 0:
            return None
        size, length, before = self.size(u, share), 0.0, np.inf
        for _ in range(ATTEMPT):
            if np.isinf(size):
                return None
            self.history.append((share, length, size))
            if size <= GOAL or before / 2 < size <= RESIDUAL_LIMIT:  # what is left is round-off
                return u
            if self.steps_left == 0:
                return None
            self.steps_left -= 1
            rest = self.problem.residual(u, share)
            try:
                system = constrained(self.problem.tangent(u, share), self.problem.fixed)
            except SingularMatrix:
                return None
            step = system.solve(-rest, np.zeros(len(self.problem.fixed))).x
            length = self._length(u, step, share, float(rest @ step), size)
            if length == 0:
                return u if size <= RESIDUAL_LIMIT else None
            u = u + length * step
            size, before = self.size(u, share), size
        return None

    def size(self, u: Array, share: float) -> float:
        """Relative to what is balanced, what flows through the prescribed boundary included; inf where c has no
        value."""
        rest = self.problem.residual(u, share)
        scale = max(float(np.linalg.norm(rest[self.problem.fixed])), float(np.linalg.norm(self.problem.load)))
        size = float(np.linalg.norm(rest[self.problem.free]))
        if not np.isfinite(size):
            return float("inf")
        return size / scale if scale > 0 else size

    def _length(self, u: Array, step: Array, share: float, slope: float, size: float) -> float:
        """Of the step that is taken; 0 for none."""
        here = self.problem.potential(u, share)
        length = 1.0
        while length >= SHORTEST:
            moved = u + length * step
            there = self.problem.potential(moved, share)
            if here is not None and there is not None and slope < 0 and there <= here + DECREASE * length * slope:
                return length
            if self.size(moved, share) <= (1 - DECREASE * length) * size:
                return length
            length /= 2
        return 0.0


def solved(problem: Problem, max_steps: int) -> Found:
    """Raises `SingularMatrix` where the linear problem has no solution in floating point."""
    start = np.zeros(problem.basis.N)
    start[problem.fixed] = problem.values
    linear = constrained(problem.tangent(start, 0.0), problem.fixed).solve(problem.load, problem.values)
    search = _Search(problem, max_steps)
    u, reached = continued(search.newton, linear.x, 1.0, SMALLEST_ADVANCE)
    residual = search.history[-1][2] if reached == 1 else search.size(u, 1.0)
    return Found(u, reached, residual, np.array(search.history).reshape(-1, 3))
