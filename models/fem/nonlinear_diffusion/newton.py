"""Newton's method, and continuation from the linear problem where it does not converge at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.domain.continuation import continued
from models.fem.domain.linear import constrained
from models.fem.domain.newton import Newton
from models.fem.nonlinear_diffusion.problem import Problem

ATTEMPT = 25  # steps for one share
SMALLEST_ADVANCE = 1e-3  # of the share


@dataclass(frozen=True, eq=False)
class Found:
    """Made by `solved`. Where `reached` is less than 1, u is of that share of the nonlinearity."""

    u: Array
    reached: float
    residual: float  # relative, of the whole problem
    history: Array  # (steps, 3): share, step length, relative residual


def solved(problem: Problem, max_steps: int) -> Found:
    """Raises `SingularMatrix` where the linear problem has no solution in floating point."""
    start = np.zeros(problem.basis.N)
    start[problem.fixed] = problem.values
    linear = constrained(problem.tangent(start, 0.0), problem.fixed).solve(problem.load, problem.values)
    search = Newton(problem, ATTEMPT, max_steps)
    u, reached = continued(search.solve, linear.x, 1.0, SMALLEST_ADVANCE)
    residual = search.history[-1][2] if reached == 1 else search.size(u, 1.0)
    return Found(u, reached, residual, np.array(search.history).reshape(-1, 3))
