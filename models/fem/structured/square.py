"""P1 diffusion on the structured square: a plan of its grids, an operator for a conductivity, and its solutions.

plan = square_plan(nx, ny, dirichlet_points)          once for a mesh and its fixed nodes
operator = plan.operator(conductivity)                for each conductivity (cells,), cells as in `mesh.unit_square`
solutions = operator.solve(loads, fixed)              for any number of right-hand sides, each (points,)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.base import Array
from models.fem.direct import Factor, Solution, factor
from models.fem.structured import coarsest
from models.fem.structured.conductances import assemble, coarsen, fix
from models.fem.structured.cycle import conjugate_gradients
from models.fem.structured.hierarchy import Hierarchy, hierarchy
from models.fem.structured.network import Network, network

# Of the error to the solution in energy norm, as estimated: two digits below the 1e-8 that a direct solve is held to.
ENERGY_TOLERANCE = 1e-10
# Of the largest residual to the largest load: what a solver's answer is held to; see `solve.RESIDUAL_LIMIT`.
RESIDUAL_TOLERANCE = 5e-9
# Twelve steps are usual. So many take about as long as the direct solve which is then tried.
MAX_STEPS = 100


@dataclass(frozen=True, eq=False)
class SquareSolution(Solution):
    steps: int  # of conjugate gradients
    direct: bool  # whether these had not converged, and x is from a direct solve


@dataclass(frozen=True, eq=False)
class SquarePlan:
    """Made by `square_plan`."""

    grids: Hierarchy

    def operator(self, conductivity: Array) -> SquareOperator:
        """conductivity (cells,) or (1,), positive."""
        return _operator(self.grids, conductivity)

    def solve_fields(
        self, conductivities: Sequence[Array], loads: Sequence[Array], fixed: Sequence[Array]
    ) -> list[SquareSolution]:
        """One solution for each conductivity with its own load and fixed values."""
        return [
            self.operator(k).solve([load], [values])[0]
            for k, load, values in zip(conductivities, loads, fixed, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class SquareOperator:
    """Made by `SquarePlan.operator`. Conductances are those of k over `scale`."""

    grids: Hierarchy
    conductivity: Array  # (ny, nx, 2), over scale
    scale: float
    fine: tuple[Array, Array, Array]  # level 0 in double precision: edges, inverse diagonals, diagonal of black nodes
    edges: Array  # of all levels but the last, in single precision
    inverse: Array
    lower: Array  # the factor of the last level
    couplings: Array  # (fixed, 4): of the fixed nodes with what is left, right, below and above of them

    def solve(self, loads: Sequence[Array], fixed: Sequence[Array]) -> list[SquareSolution]:
        """One field (points,) for each load (points,), that takes the values of fixed (points,) at the fixed nodes.

        fixed is 0 at the free nodes. Raises `SingularMatrix`.
        """
        return [self._solve(load, values) for load, values in zip(loads, fixed, strict=True)]

    def _solve(self, load: Array, values: Array) -> SquareSolution:
        x_count, y_count = self.grids.sides[0]
        given = values.reshape(y_count + 1, x_count + 1)
        columns, rows = self.grids.fixed[0].T
        rest = load.reshape(given.shape) / self.scale
        if values.any():
            _lift(rest, self.grids.fixed[0], self.couplings, given[rows, columns])
        rest[rows, columns] = 0
        size = float(np.max(np.abs(rest)))
        if size == 0:
            return SquareSolution(values.copy(), 0.0, 0, False)
        u = np.empty_like(rest)
        steps, residual, converged = conjugate_gradients(
            u, rest / size, self.grids.sides, self.grids.starts, *self.fine, self.edges, self.inverse, self.lower,
            ENERGY_TOLERANCE, RESIDUAL_TOLERANCE, MAX_STEPS,
        )  # fmt: skip
        u *= size
        if not converged:
            found = self._factor.solve(rest[self._network.is_free])
            u[self._network.is_free] = found.x
            residual = found.residual
        u[rows, columns] = given[rows, columns]
        return SquareSolution(u.ravel(), residual, steps, not converged)

    @cached_property
    def _network(self) -> Network:
        return network(self.conductivity, *self.grids.weights, self.grids.fixed[0])

    @cached_property
    def _factor(self) -> Factor:
        return factor(self._network.matrix())


def square_plan(x_count: int, y_count: int, dirichlet_points: Array) -> SquarePlan:
    """Of the square cut into x_count × y_count rectangles, both even, with at least one fixed node on the boundary."""
    return SquarePlan(hierarchy(x_count, y_count, dirichlet_points))


def _operator(grids: Hierarchy, conductivity: Array) -> SquareOperator:
    x_count, y_count = grids.sides[0]
    scale = float(2.0 ** np.floor(np.log2(np.max(conductivity))))
    k = finest = np.broadcast_to(conductivity, (2 * x_count * y_count,)).reshape(y_count, x_count, 2) / scale
    shape = y_count + 3, x_count // 2 + 3
    fine = np.zeros((4, *shape)), np.zeros((2, *shape)), np.zeros(shape)
    assemble(k, *grids.weights, *fine)
    couplings = np.zeros((len(grids.fixed[0]), 4))
    fix(grids.fixed[0], fine[0], fine[1], couplings)
    edges, inverse = (np.zeros(kinds * int(grids.starts[-1]), np.float32) for kinds in (4, 2))
    edges[: fine[0].size] = fine[0].ravel()
    inverse[: fine[1].size] = fine[1].ravel()
    for number in range(1, grids.levels):
        finer, k = k, np.empty((*(grids.sides[number][::-1]), 2))
        coarsen(finer, k)
        if number < grids.levels - 1:
            start, end = grids.starts[number : number + 2]
            shape = k.shape[0] + 3, k.shape[1] // 2 + 3
            own = edges[4 * start : 4 * end].reshape(4, *shape), inverse[2 * start : 2 * end].reshape(2, *shape)
            assemble(k, *grids.weights, *own, np.zeros(shape, np.float32))
            fix(grids.fixed[number], *own, np.zeros((len(grids.fixed[number]), 4), np.float32))
    lower = coarsest.factor(network(k, *grids.weights, grids.fixed[-1]))
    return SquareOperator(grids, finest, scale, fine, edges, inverse, lower, couplings)


def _lift(load: Array, nodes: Array, couplings: Array, values: Array) -> None:
    """Add to a load (ny + 1, nx + 1) what fixed nodes of these values contribute."""
    for side, step in enumerate(((-1, 0), (1, 0), (0, -1), (0, 1))):
        beside = nodes + step
        inside = ((beside >= 0) & (beside < load.shape[::-1])).all(axis=1)
        np.add.at(load, tuple(beside[inside].T[::-1]), (couplings[:, side] * values)[inside])
