"""The linear system of a diffusion problem, factorised once for every right-hand side and for its adjoint.

K is symmetric, and so is its free block: the adjoint system has the same factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.base import Array
from models.fem.direct import Factor, Solution

if TYPE_CHECKING:  # plans make operators
    from models.fem.plan import Plan

# A factor's nonzero holds a number and, with supernodes sharing them, at most an index.
_NONZERO_BYTES = 12


@dataclass(frozen=True, eq=False)
class Operator:
    """Made by `operator`."""

    plan: Plan
    conductivity: Array  # (cells,)
    factor: Factor | None  # None where every point is fixed

    def solve(self, loads: Sequence[Array], fixed: Sequence[Array]) -> list[Solution]:
        """One field (points,) for each load (points,), that takes the values of fixed (points,) where u is given.

        fixed is 0 at the free points.
        """
        if self.factor is None:
            return [Solution(u, 0.0) for u in fixed]
        free = self.plan.free
        inner = self.factor.solve_all([self._rest(load, u)[free] for load, u in zip(loads, fixed, strict=True)])
        fields = []
        for solution, given in zip(inner, fixed, strict=True):
            u = given.copy()
            u[free] = solution.x
            fields.append(Solution(u, solution.residual, solution.method))
        return fields

    def _rest(self, load: Array, u: Array) -> Array:
        return load - self.plan.apply(self.conductivity, u) if u.any() else load

    @property
    def size_bytes(self) -> int:
        """With the plan, which this operator keeps alive: an upper bound where several share it."""
        own = self.conductivity.nbytes + self.plan.size_bytes
        if self.factor is None:
            return own
        return int(own + self.factor.matrix.data.nbytes + _NONZERO_BYTES * self.factor.nonzeros)


def operator(plan: Plan, conductivity: Array) -> Operator:
    """conductivity (cells,) or (1,). Raises `SingularMatrix`."""
    held = np.array(np.broadcast_to(conductivity, len(plan.mesh.cells)))  # no view, which would keep a message alive
    return Operator(plan, held, plan.analysis.factor(plan.matrix(held)) if plan.analysis else None)
