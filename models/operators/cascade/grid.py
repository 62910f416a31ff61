"""Diffusion on the unit square with u = 0 on its boundary: what is kept of a grid, and the problem of an input.

Points are the nodes of `mesh.unit_square`, which has their first coordinate fastest. Arrays of `Pairs` have it slowest:
where both cells of each square have one conductivity, what goes in that way comes out in the same, since problem and
mesh are their own mirror images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array, Refusal
from models.fem.assembly import source_load
from models.fem.bound import Stars
from models.fem.boundary import Boundary, boundary
from models.fem.check import check_conductivity, check_mesh, check_size
from models.fem.element import P1
from models.fem.mesh import Triangulation, unit_square
from models.fem.plan import Plan, plan
from models.fem.problem import Problem, source_on_cells
from models.fem.star_equilibration import equilibrate_by_stars
from models.fem.structured.square import SquarePlan, square_plan
from models.fem.structured.stars import SquareStars, square_stars
from models.fem.structured.worthwhile import is_worthwhile
from models.fem.task import DiffusionTask
from models.operators.cascade.discrete import ByMultigrid, Directly, Discrete


@dataclass(frozen=True, eq=False)
class Question:
    """−∇·(k ∇u) = f on the unit square, u = 0 on its boundary."""

    conductivity: Array  # (cells,) or (1,): k > 0
    source: Array  # (points,) or (1,): f


@dataclass(frozen=True, eq=False)
class Grid:
    """Made by `grid`. For one thread: solves share their room."""

    mesh: Triangulation
    boundary: Boundary
    plan: SquarePlan | Plan
    unit_load: Array  # (points,): of f = 1
    stars: SquareStars  # for f that does not vary

    @property
    def cells(self) -> int:
        return len(self.mesh.cells)

    def pose(self, asked: Question) -> Discrete:
        """Raises `Refusal` WRONG_SIZE, NOT_POSITIVE or NOT_FINITE."""
        check_conductivity(asked.conductivity, self.cells)
        check_size("source", asked.source, (1, len(self.mesh.nodes)), "one value, or one per point")
        _refuse_not_finite("conductivity", asked.conductivity)
        _refuse_not_finite("source", asked.source)
        k = np.broadcast_to(np.asarray(asked.conductivity, np.float64), (self.cells,))
        stars: Stars
        f = np.asarray(asked.source, np.float64)
        if len(f) == 1:
            problem = Problem(self.mesh, P1, k, np.full((self.cells, 3), f[0]), self.boundary)
            total, stars = f[0] * self.unit_load, self.stars
        else:
            problem = Problem(self.mesh, P1, k, source_on_cells(self.mesh, 1, f, None), self.boundary)
            total, stars = source_load(self.mesh, P1, problem.source), equilibrate_by_stars
        if isinstance(self.plan, SquarePlan):
            return ByMultigrid(problem, stars, self.plan.operator(k), total)
        return Directly(problem, stars, self.plan, total)

    def check_field(self, u: Array) -> None:
        """Raises `Refusal` WRONG_SIZE or OUT_OF_RANGE: the hypercircle asks for 0 on the boundary, not nearly 0."""
        check_size("field", u, (len(self.mesh.nodes),), "one value per point")
        points = self.boundary.dirichlet_points
        if u[points].any():
            at = int(points[np.argmax(u[points] != 0)])
            value = repr(float(u[at]))
            message = f"is {value} on the boundary; put 0 there, as `conforming` does"
            raise Refusal("OUT_OF_RANGE", message, f"field[{at}]", {"value": value})

    def conforming(self, u: Array) -> Array:
        """(points,): u in double precision with the given values put on the boundary: what can be certified.

        Raises `Refusal` WRONG_SIZE.
        """
        check_size("field", u, (len(self.mesh.nodes),), "one value per point")
        field = np.array(u, np.float64)
        field[self.boundary.dirichlet_points] = 0
        return field


def grid(divisions: int) -> Grid:
    """Of divisions² squares, 2 at least: as otherwise no node is free. Raises `Refusal` OUT_OF_RANGE."""
    both = np.array([divisions, divisions])
    if divisions < 2:
        raise Refusal("OUT_OF_RANGE", f"is {divisions}; send at least 2", "divisions", {"value": str(divisions)})
    check_mesh(both, None, None, degree=1)
    mesh = unit_square(divisions, divisions)
    on_boundary = np.unique(mesh.edges[mesh.is_boundary])
    task = DiffusionTask(
        divisions=both,
        conductivity=np.ones(1),
        source=np.ones(1),
        dirichlet_points=on_boundary,
        dirichlet_values=np.zeros(len(on_boundary)),
    )
    by_multigrid = is_worthwhile(both, 1)
    return Grid(
        mesh,
        boundary(task, mesh),
        square_plan(both, on_boundary) if by_multigrid else plan(mesh, P1, on_boundary),
        source_load(mesh, P1, np.ones(mesh.cells.shape)),
        square_stars(mesh, (divisions, divisions)),
    )


def _refuse_not_finite(name: str, values: Array) -> None:
    if not np.isfinite(values).all():
        at = int(np.argmin(np.isfinite(values)))
        value = str(values[at])
        raise Refusal("NOT_FINITE", f"is {value}; send finite numbers", f"{name}[{at}]", {"value": value})
