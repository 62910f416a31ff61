"""P1 diffusion on the structured square: a plan of its grids, an operator for a conductivity, and its solutions.

Once for a mesh and its fixed nodes, for each conductivity (cells,), and for any number of right-hand sides (points,):

    plan = square_plan(divisions, dirichlet_points)
    operator = plan.operator(conductivity)
    solutions = operator.solve(loads, fixed)

Nodes and cells are those of `mesh.unit_square`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.base import Array
from models.fem.mesh import Triangulation, unit_square
from models.fem.structured.hierarchy import Hierarchy, hierarchy
from models.fem.structured.iteration import Improvement, SquareSolution, improve, solve_all
from models.fem.structured.levels import Levels, levels
from models.fem.structured.network import edges_of


@dataclass(frozen=True, eq=False)
class SquarePlan:
    """Made by `square_plan`."""

    grids: Hierarchy

    def operator(self, conductivity: Array) -> SquareOperator:
        """conductivity (cells,) or (1,), positive."""
        return SquareOperator(self, levels(self.grids, conductivity))

    @cached_property
    def mesh(self) -> Triangulation:
        return unit_square(*self.grids.sides[0].tolist())

    @property
    def cell_points(self) -> Array:
        """(cells, 3)"""
        return self.mesh.cells

    @property
    def point_count(self) -> int:
        return int(np.prod(self.grids.shape))

    def apply(self, conductivity: Array, u: Array) -> Array:
        """(points,): K u, for u at all points and conductivity (cells,) of any sign."""
        across, along = edges_of(self._rectangles(conductivity), *self.grids.weights)
        field = self._nodes(u)
        x_flux, y_flux = across * np.diff(field, axis=1), along * np.diff(field, axis=0)
        image = np.zeros_like(field)
        image[:, :-1] -= x_flux
        image[:, 1:] += x_flux
        image[:-1] -= y_flux
        image[1:] += y_flux
        return image.ravel()

    def conductivity_gradient(self, u: Array, v: Array) -> Array:
        """(cells,): the derivative of v·K u by each cell's conductivity."""
        x_weight, y_weight = self.grids.weights
        one, other = self._nodes(u), self._nodes(v)
        across = x_weight * np.diff(one, axis=1) * np.diff(other, axis=1)
        along = y_weight * np.diff(one, axis=0) * np.diff(other, axis=0)
        return np.stack((across[:-1] + along[:, 1:], across[1:] + along[:, :-1]), axis=-1).ravel()

    @property
    def size_bytes(self) -> int:
        return self.mesh.size_bytes + sum(array.nbytes for array in self.grids.room)

    def _nodes(self, u: Array) -> Array:
        return u.reshape(self.grids.shape)

    def _rectangles(self, conductivity: Array) -> Array:
        rows, columns = self.grids.shape
        return conductivity.reshape(rows - 1, columns - 1, 2)


@dataclass(frozen=True, eq=False)
class SquareOperator:
    """Made by `SquarePlan.operator`."""

    plan: SquarePlan
    levels: Levels

    def solve(
        self, loads: Sequence[Array], fixed: Sequence[Array], starts: Sequence[Array] | None = None
    ) -> list[SquareSolution]:
        """One field (points,) for each load (points,), that takes the values of fixed (points,) where u is given.

        fixed is 0 at the free points. A field is sought from `starts` (points,) each, or from 0. Where conjugate
        gradients do not converge the solution is from a direct solve, and its method says so. Raises `SingularMatrix`.
        """
        return solve_all(self.levels, loads, fixed, starts)

    def improve(self, load: Array, u: Array, steps: int) -> Improvement:
        """A field u (points,) with the given values at fixed points, brought nearer to the solution by so many steps,
        and an estimate of how far from it it was and is. u must be finite."""
        return improve(self.levels, load, u, steps)

    @property
    def size_bytes(self) -> int:
        """With the plan, which this operator keeps alive: an upper bound where several share it."""
        return self.plan.size_bytes + self.levels.size_bytes


def square_plan(divisions: Array, dirichlet_points: Array) -> SquarePlan:
    """Of the square cut into divisions (nx, ny), both even and at least 6; u is given at some boundary points."""
    x_count, y_count = divisions.tolist()
    return SquarePlan(hierarchy(x_count, y_count, dirichlet_points))
