"""Load steps and Newton's method with a line search.

Every prescribed displacement that is still to be made is part of a Newton step. A step is halved until no matter is
turned inside out and, once all displacements are made, until the potential energy falls as Armijo asks (Nocedal &
Wright 2006, section 3.1) or the residual does: a tangent that is not positive definite, near buckling, may rightly
raise the energy. Where Newton's method fails the load step is halved: see `models.fem.domain.continuation`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from models.base import Array
from models.fem.direct import SingularMatrix
from models.fem.domain.continuation import continued
from models.fem.domain.linear import RESIDUAL_LIMIT, constrained
from models.fem.hyperelasticity.problem import Body

GOAL = 1e-11  # relative residual at which a step would add digits of round-off only
ATTEMPT = 20  # steps for one load
SHORTEST = 1 / 256  # of a step: below it the direction is no good
SMALLEST_ADVANCE = 1e-4  # of the load
DECREASE = 1e-4  # Armijo's


@dataclass(frozen=True, eq=False)
class Deformed:
    """Made by `deform`. Where `reached` is less than 1, u is in equilibrium with that share of the load."""

    u: Array
    reached: float
    residual: float  # relative, at the whole load
    history: Array  # (steps, 3): share, step length, relative residual


@dataclass
class _Search:
    """Counts steps, and writes the history down."""

    body: Body
    steps_left: int
    history: list[tuple[float, float, float]] = field(default_factory=list)

    def deform(self, start: Array, share: float) -> Array | None:
        """From start to equilibrium under this share of the load; None where that is not found."""
        if self.steps_left == 0:
            return None
        body, u = self.body, start
        size, length, before = self._size(u, share), 0.0, np.inf
        for _ in range(ATTEMPT):
            self.history.append((share, length, size))
            gap = share * body.values - u[body.fixed]
            arrived = not gap.any()
            if arrived and (size <= GOAL or before / 2 < size <= RESIDUAL_LIMIT):  # what is left is round-off
                return u
            if self.steps_left == 0:
                return None
            self.steps_left -= 1
            rest = body.residual(u, share)
            try:
                step = constrained(body.tangent(u), body.fixed).solve(-rest, gap).x
            except SingularMatrix:
                return None
            length = self._length(u, step, share, float(rest @ step) if arrived else None, size)
            if length == 0:
                return u if arrived and size <= RESIDUAL_LIMIT else None
            u = u + length * step
            if length == 1:
                u[body.fixed] = share * body.values
            size, before = self._size(u, share), size
        return None

    def _length(self, u: Array, step: Array, share: float, slope: float | None, size: float) -> float:
        """Of the step that is taken; 0 for none. `slope` is the energy's along it, None where u is not admissible."""
        here = self.body.potential(u, share)
        length = 1.0
        while length >= SHORTEST:
            there = self.body.potential(u + length * step, share)
            if np.isfinite(there):
                if slope is None or (slope < 0 and there <= here + DECREASE * length * slope):
                    return length
                if self._size(u + length * step, share) <= (1 - DECREASE * length) * size:
                    return length
            length /= 2
        return 0.0

    def _size(self, u: Array, share: float) -> float:
        """Relative to the forces that are balanced, those of the supports included."""
        rest = self.body.residual(u, share)
        scale = max(float(np.linalg.norm(rest[self.body.fixed])), share * float(np.linalg.norm(self.body.load)))
        size = float(np.linalg.norm(rest[self.body.free]))
        return size / scale if scale > 0 else size


def deform(body: Body, load_steps: int, max_steps: int) -> Deformed:
    """From rest to the whole load."""
    search = _Search(body, max_steps)
    u, reached = continued(search.deform, np.zeros(body.basis.N), 1 / load_steps, SMALLEST_ADVANCE)
    residual = search.history[-1][2] if reached == 1 else 1.0 - reached
    return Deformed(u, reached, residual, np.array(search.history))
