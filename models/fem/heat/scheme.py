"""The θ-scheme: M (uⁿ − uⁿ⁻¹)/dt + K (θ uⁿ + (1 − θ) uⁿ⁻¹) = f(tⁿ⁻¹ + θ dt), uⁿ = g(tⁿ) where u is prescribed.

θ = 1 is backward Euler, of first order; θ = ½ is of second, and the implicit midpoint rule, since the problem is linear
and f is taken in the middle (Hairer & Wanner 1996, Solving Ordinary Differential Equations II, IV.3). One matrix,
A = M/dt + θ K, serves all steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from skfem import Basis

from models.base import Array
from models.fem.domain.conditions import Condition
from models.fem.domain.expression import Expression
from models.fem.domain.linear import Constrained, constrained
from models.fem.domain.posed import coordinates, prescribed
from models.fem.domain.surface import Piece, pieces
from models.fem.heat import form


@dataclass(frozen=True, eq=False)
class Data:
    """What drives the problem, at any time."""

    basis: Basis
    conditions: tuple[Condition, ...]
    source: Expression
    cell_source: Array  # (cells, 1)
    fluxes: tuple[Piece, ...]
    exchanges: tuple[Piece, ...]

    def load(self, t: float) -> Array:
        """(points,)"""
        places = np.asarray(self.basis.global_coordinates())
        f = self.source(coordinates(places, {"t": t}), places.shape[1:])
        total: Array = form.load.assemble(self.basis, f=f + self.cell_source)
        for piece in self.fluxes:
            total += form.load.assemble(piece.facets, f=piece.values({"t": t})[0])
        for piece in self.exchanges:
            h, outside = piece.values({"t": t})
            total += form.load.assemble(piece.facets, f=h * outside)
        return total

    def prescribed(self, t: float) -> tuple[Array, Array]:
        return prescribed(self.basis, self.conditions, "u", {"t": t})

    @property
    def is_steady(self) -> bool:
        """Whether the load is the same at all times."""
        driven = [each for piece in (*self.fluxes, *self.exchanges) for each in piece.condition.values]
        return not any(formula.speaks_of("t") for formula in (self.source, *driven))

    @property
    def holds_still(self) -> bool:
        """Whether u is prescribed the same at all times."""
        held = [each for condition in self.conditions if condition.quantity == "u" for each in condition.values]
        return not any(formula.speaks_of("t") for formula in held)


def data(basis: Basis, conditions: tuple[Condition, ...], source: Expression, cell_source: Array, order: int) -> Data:
    """Raises `Refusal` UNKNOWN_BOUNDARY."""
    fluxes, exchanges = (tuple(pieces(basis, conditions, quantity, order)) for quantity in ("q", "h"))
    return Data(basis, conditions, source, cell_source, fluxes, exchanges)


@dataclass(frozen=True, eq=False)
class Scheme:
    """Made by `scheme`."""

    data: Data
    dt: float
    theta: float
    system: Constrained  # A
    explicit: csr_matrix  # M/dt − (1 − θ) K
    steady_load: Array | None
    steady_values: Array | None

    def march(self, u: Array, first: int, last: int) -> Iterator[tuple[Array, float]]:
        """uⁿ and the residual of its step for n = first + 1, …, last, from u = u^first."""
        for n in range(first + 1, last + 1):
            middle = (n - 1 + self.theta) * self.dt
            load = self.data.load(middle) if self.steady_load is None else self.steady_load
            solution = self.system.solve(load + self.explicit @ u, self.prescribed(n))
            u = solution.x
            yield u, solution.residual

    def prescribed(self, n: int) -> Array:
        """(fixed,): after step n."""
        return self.data.prescribed(n * self.dt)[1] if self.steady_values is None else self.steady_values

    def step_back(self, slope: Array) -> Array:
        """(points,): the adjoint λ of a step from dJ/duⁿ, by uⁿ alone; 0 where u is prescribed."""
        dual = np.zeros_like(slope)
        dual[self.system.free] = self.system.transposed(slope[self.system.free])
        return dual


def scheme(given: Data, k: Array, capacity: Array, dt: float, theta: float) -> Scheme:
    """Raises `SingularMatrix`, or `Refusal` OUT_OF_RANGE where h < 0."""
    mass = form.mass.assemble(given.basis, capacity=capacity)
    stiffness = form.diffusion.assemble(given.basis, k=k)
    for piece in given.exchanges:
        stiffness += form.exchange.assemble(piece.facets, h=piece.not_negative({"t": 0.0})[0])
    fixed, values = given.prescribed(0.0)
    return Scheme(
        given,
        dt,
        theta,
        constrained(mass / dt + theta * stiffness, fixed, definite=True),
        mass / dt - (1 - theta) * stiffness,
        given.load(0.0) if given.is_steady else None,
        values if given.holds_still else None,
    )
