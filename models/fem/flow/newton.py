"""Newton's method for steady flow, with continuation in the Reynolds number where it does not converge at once.

Continuation multiplies the density by a share s from 0 (Stokes) to 1: see `models.fem.domain.continuation`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from models.base import Array
from models.fem.direct import SingularMatrix
from models.fem.domain.continuation import continued
from models.fem.domain.linear import RESIDUAL_LIMIT, Constrained, constrained
from models.fem.flow.form import self_convection
from models.fem.flow.inertia import convection_derivative
from models.fem.flow.problem import Data, Flow

GOAL = 1e-11  # relative residual at which a step would add digits of round-off only
GIVEN_UP = 1e3  # residuals grow by less on the way to a solution
ATTEMPT = 12  # steps; a start that is near enough takes six
SMALLEST_ADVANCE = 1e-3  # of the share: flows this near to one that is known are lost


@dataclass(frozen=True, eq=False)
class Steady:
    """Made by `steady`. Where `reached` is less than 1, x is the flow of that share of the density."""

    x: Array
    reached: float
    residual: float  # relative, at the whole density
    history: Array  # (steps, 2): share, relative residual


@dataclass(frozen=True, eq=False)
class Equations:
    """R(x) = K x + s ρ (u·∇)u − f."""

    flow: Flow
    data: Data
    density: float

    def convective(self, x: Array) -> Array:
        """(n,): (u·∇)u, as a load for a density of 1."""
        velocity = self.flow.space.velocity
        load = np.zeros(len(x))
        load[: velocity.N] = self_convection.assemble(velocity, wind=velocity.interpolate(x[: velocity.N]))
        return load

    def residual(self, x: Array, share: float = 1.0) -> Array:
        """(n,): of all equations, those of prescribed unknowns included."""
        return np.asarray(self.flow.linear @ x + share * self.density * self.convective(x) - self.data.load)

    def jacobian(self, x: Array, share: float = 1.0) -> csr_matrix:
        space = self.flow.space
        inner = share * self.density * convection_derivative(space, x[: space.velocity.N])
        inner.resize(self.flow.linear.shape)
        return self.flow.linear + inner

    def system(self, x: Array, share: float = 1.0) -> Constrained:
        """Raises `SingularMatrix`."""
        return constrained(self.jacobian(x, share), self.flow.fixed)


@dataclass
class _Search:
    """Counts steps, and writes the history down."""

    equations: Equations
    steps_left: int
    scale: float
    history: list[tuple[float, float]] = field(default_factory=list)

    def residual(self, x: Array, share: float) -> tuple[Array, float]:
        rest = self.equations.residual(x, share)
        size = float(np.linalg.norm(rest[self.equations.flow.free]))
        self.history.append((share, size / self.scale if self.scale > 0 else size))
        return rest, self.history[-1][1]

    def newton(self, x: Array, share: float) -> Array | None:
        """From x; None where it does not converge."""
        if self.steps_left == 0:
            return None
        rest, size = self.residual(x, share)
        start = size
        for _ in range(min(ATTEMPT, self.steps_left)):
            if size <= GOAL:
                return x
            try:
                step = self.equations.system(x, share).solve(-rest, np.zeros(len(self.equations.flow.fixed)))
            except SingularMatrix:
                return None
            self.steps_left -= 1
            x, before = x + step.x, size
            rest, size = self.residual(x, share)
            if not size <= GIVEN_UP * max(start, 1.0):  # nor where it is no number
                return None
            if RESIDUAL_LIMIT >= size > before / 2:  # round-off
                return x
        return x if size <= RESIDUAL_LIMIT else None


def steady(equations: Equations, stokes: Array, max_steps: int) -> Steady:
    """From the Stokes flow with the same data."""
    start = equations.data.start(equations.flow)
    rest = (equations.flow.linear @ start - equations.data.load)[equations.flow.free]
    search = _Search(equations, max_steps, float(np.linalg.norm(rest)))
    x, reached = continued(search.newton, stokes, 1.0, SMALLEST_ADVANCE)
    _, residual = search.residual(x, 1.0) if reached < 1 else (rest, search.history[-1][1])
    return Steady(x, reached, residual, np.array(search.history))
