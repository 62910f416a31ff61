"""What topology optimisation minimises: an output as a function of the design, with its derivatives.

    x (design) → ρ (filtered, projected; passive cells set) → s = s₀ + (1 − s₀) ρᵖ → K(s) u = f → J = l·u,

with l = f for the compliance. As K is symmetric, λ with K λ = l has dJ/ds_c = −λ·K_c u, and λ = u for the compliance,
which needs no second solve (Bendsøe & Sigmund 2004, Topology Optimization, section 1.2.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.direct import Solution
from models.fem.optimize.filters import Filter
from models.fem.optimize.projection import project
from models.fem.optimize.sampled import Sampled
from models.fem.optimize.stiffness import Stiffness


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The objective and the volume at one design, and what they are made of."""

    density: Array  # (cells,)
    u: Array  # (rows,)
    objective: float
    slope: Array  # (cells,): of the objective by the design
    volume: float  # material over all volume
    volume_slope: Array  # (cells,)
    residual: float  # the larger of the relative residuals of the solves
    method: str  # which solver they are by

    @property
    def is_finite(self) -> bool:
        return bool(np.isfinite(self.objective) and np.isfinite(self.slope).all())


@dataclass(frozen=True, eq=False)
class Design:
    """Made by `posed.design`."""

    space: Sampled
    stiffness: Stiffness
    load: Array  # (rows,): f
    output: Array | None  # (rows,): l; None for the compliance
    filter: Filter
    active: Array  # (cells,) bool: those that are designed
    passive_density: Array  # (cells,): of the others
    penalty: float
    lightest: float

    def at(self, design: Array, sharpness: float) -> Evaluation:
        """Raises `SingularMatrix`."""
        projected, projection_slope = project(self.filter.apply(design), sharpness)
        density = np.where(self.active, np.clip(projected, 0.0, 1.0), self.passive_density)  # round-off leaves it
        rest = 1 - self.lightest
        factors = self.lightest + rest * density**self.penalty
        forward, adjoint = self._solved(factors)
        u, dual = forward.x, adjoint.x
        by_density = -rest * self.penalty * density ** (self.penalty - 1) * self.stiffness.derivative(u, dual)
        shares = self.space.volumes / self.space.volumes.sum()
        return Evaluation(
            density=density,
            u=u,
            objective=float((self.load if self.output is None else self.output) @ u),
            slope=self._by_design(by_density, projection_slope),
            volume=float(shares @ density),
            volume_slope=self._by_design(shares, projection_slope),
            residual=max(forward.residual, adjoint.residual),
            method=forward.method,
        )

    def _solved(self, factors: Array) -> tuple[Solution, Solution]:
        """u and λ."""
        if self.output is None:
            [forward] = self.stiffness.solve(factors, [self.load])
            return forward, forward
        forward, adjoint = self.stiffness.solve(factors, [self.load, self.output])
        return forward, adjoint

    def _by_design(self, by_density: Array, projection_slope: Array) -> Array:
        return self.filter.pull_back(np.where(self.active, by_density * projection_slope, 0.0))
