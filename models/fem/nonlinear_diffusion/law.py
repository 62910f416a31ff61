"""What the conductivity c is, with its derivatives, and the linear problem's share that continuation begins with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.domain.expression import Expression


@dataclass(frozen=True, eq=False)
class State:
    """u, |∇u|² and the places where they are, each (cells, quadrature points) but for places (d, ...)."""

    u: Array
    steepness: Array
    places: Array


class Law(ABC):
    """c of a state, for a share s of the nonlinearity: c = 1 for s = 0."""

    @abstractmethod
    def coefficient(self, state: State, share: float) -> Array: ...

    @abstractmethod
    def by_value(self, state: State, share: float) -> Array:
        """∂c/∂u"""

    @abstractmethod
    def by_steepness(self, state: State, share: float) -> Array:
        """2 ∂c/∂|∇u|², which multiplies (∇u·∇w)(∇u·∇v)."""

    @abstractmethod
    def potential(self, state: State, share: float) -> Array | None:
        """Ψ with ∂Ψ/∂∇u = c ∇u; None where there is none."""


@dataclass(frozen=True, eq=False)
class Power(Law):
    """c = (ε² + |∇u|²)^((p − 2) / 2): the p-Laplacian, whose potential is convex. A share is of p's way from 2."""

    exponent: float
    regularisation: float

    def _half(self, share: float) -> float:
        return share * (self.exponent - 2) / 2

    def _base(self, state: State) -> Array:
        return np.asarray(self.regularisation**2 + state.steepness)

    def coefficient(self, state: State, share: float) -> Array:
        return np.asarray(self._base(state) ** self._half(share))

    def by_value(self, state: State, share: float) -> Array:
        return np.zeros_like(state.u)

    def by_steepness(self, state: State, share: float) -> Array:
        half = self._half(share)
        return np.asarray(2 * half * self._base(state) ** (half - 1))

    def potential(self, state: State, share: float) -> Array | None:
        half = self._half(share)
        return np.asarray(self._base(state) ** (half + 1) / (2 * (half + 1)))


@dataclass(frozen=True, eq=False)
class Formula(Law):
    """c(u, x): a share s of it is 1 − s + s c."""

    value: Expression
    slope: Expression

    def coefficient(self, state: State, share: float) -> Array:
        if share == 0:
            return np.ones_like(state.u)
        return np.asarray(1 - share + share * self._evaluated(self.value, state))

    def by_value(self, state: State, share: float) -> Array:
        return np.asarray(share * self._evaluated(self.slope, state)) if share else np.zeros_like(state.u)

    def by_steepness(self, state: State, share: float) -> Array:
        return np.zeros_like(state.u)

    def potential(self, state: State, share: float) -> Array | None:
        return None

    def _evaluated(self, formula: Expression, state: State) -> Array:
        """Not checked for being finite: Newton's method may try what has no value, and takes another step then."""
        values = dict(zip(("x", "y", "z"), state.places, strict=False)) | {"u": state.u}
        return np.broadcast_to(np.asarray(formula.evaluate(values), dtype=np.float64), state.u.shape)
