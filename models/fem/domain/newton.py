"""Newton's method with a line search, for a share of a problem on the way to the whole: see `continuation`.

Every prescribed value that is still to be reached is part of a step. A step is halved until the state is possible and,
once all prescribed values are reached, until the potential falls as Armijo asks (Nocedal & Wright 2006, section 3.1) or
the residual does: a tangent that is not positive definite, near buckling, may rightly raise the potential, and where
there is none the residual decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.sparse import csr_matrix

from models.base import Array
from models.fem.direct import SingularMatrix
from models.fem.domain.linear import RESIDUAL_LIMIT, constrained

GOAL = 1e-11  # relative residual at which a step would add digits of round-off only
SHORTEST = 1 / 256  # of a step: below it the direction is no good
DECREASE = 1e-4  # Armijo's


class Equations(Protocol):
    """R(u) = 0 on the free unknowns, for a share of what makes the problem hard."""

    @property
    def fixed(self) -> Array: ...

    @property
    def free(self) -> Array: ...

    def prescribed(self, share: float) -> Array:
        """(fixed,)"""
        ...

    def force(self, share: float) -> Array:
        """(unknowns,): what is balanced, for the residual to be relative to."""
        ...

    def residual(self, u: Array, share: float) -> Array:
        """(unknowns,)"""
        ...

    def tangent(self, u: Array, share: float) -> csr_matrix:
        """The derivative of the residual."""
        ...

    def potential(self, u: Array, share: float) -> float | None:
        """What the solution minimises; infinite for what is impossible, None where there is nothing."""
        ...


@dataclass
class Newton:
    """Counts steps, and writes the history down."""

    equations: Equations
    attempt: int  # steps for one share
    steps_left: int
    history: list[tuple[float, float, float]] = field(default_factory=list)  # share, step length, relative residual

    def solve(self, start: Array, share: float) -> Array | None:
        """The solution at this share; None where that is not found."""
        if self.steps_left == 0:
            return None
        u, size, length, before = start, self.size(start, share), 0.0, np.inf
        for _ in range(self.attempt):
            if np.isinf(size):
                return None
            self.history.append((share, length, size))
            gap = self.equations.prescribed(share) - u[self.equations.fixed]
            arrived = not gap.any()
            if arrived and (size <= GOAL or before / 2 < size <= RESIDUAL_LIMIT):  # what is left is round-off
                return u
            if self.steps_left == 0:
                return None
            self.steps_left -= 1
            rest = self.equations.residual(u, share)
            try:
                step = constrained(self.equations.tangent(u, share), self.equations.fixed).solve(-rest, gap).x
            except SingularMatrix:
                return None
            length = self._length(u, step, share, float(rest @ step) if arrived else None, size)
            if length == 0:
                return u if arrived and size <= RESIDUAL_LIMIT else None
            u = u + length * step
            if length == 1:
                u[self.equations.fixed] = self.equations.prescribed(share)
            size, before = self.size(u, share), size
        return None

    def size(self, u: Array, share: float) -> float:
        """The residual relative to what is balanced, the reactions at prescribed values included; inf where there is
        none."""
        rest = self.equations.residual(u, share)
        reaction = float(np.linalg.norm(rest[self.equations.fixed]))
        scale = max(reaction, float(np.linalg.norm(self.equations.force(share))))
        size = float(np.linalg.norm(rest[self.equations.free]))
        if not np.isfinite(size):
            return float("inf")
        return size / scale if scale > 0 else size

    def _length(self, u: Array, step: Array, share: float, slope: float | None, size: float) -> float:
        """Of the step that is taken; 0 for none. `slope` is the potential's, None where u is not admissible yet."""
        here = self.equations.potential(u, share)
        length = 1.0
        while length >= SHORTEST:
            moved = u + length * step
            there = self.equations.potential(moved, share)
            if there is None or np.isfinite(there):
                if slope is None:
                    return length
                falls = here is not None and there is not None and there <= here + DECREASE * length * slope
                if (slope < 0 and falls) or self.size(moved, share) <= (1 - DECREASE * length) * size:
                    return length
            length /= 2
        return 0.0
