"""Darcy flow −∇·(a ∇u) = 1 on the unit square, u = 0 on its boundary, a = 12 or 3 by the sign of a Gaussian field.

Li et al. (2021, Fourier Neural Operator, arXiv:2010.08895, section 5.2 and A.3.2), with our finite elements.

What is given is a *at the nodes* of a grid. The problem that it poses has one conductivity for each square of the grid,
the geometric mean of a at its four corners, and the answer is its P1 solution at the nodes: the discrete problem
follows from the input, so that an answer's residual can be computed by who has only the input. The geometric mean is
the effective conductivity of two phases that are interchangeable (Keller 1964, J. Math. Phys. 5, 548), which a square
that an interface cuts at random is; see DESIGN.md for what it gains. Squares rather than triangles make the discrete
problem as symmetric as the continuous one: the diagonals of the mesh couple nothing, whichever way they run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.assembly import source_load
from models.fem.element import ELEMENTS
from models.fem.mesh import unit_square
from models.fem.plan import Plan, plan
from models.fem.structured.square import SquarePlan, square_plan
from models.fem.structured.worthwhile import is_worthwhile
from models.operators.generators.gaussian_field import gaussian_fields
from models.operators.pairs import Pairs

PERMEABLE, TIGHT = 12.0, 3.0


@dataclass(frozen=True, eq=False)
class Darcy:
    """The discrete problems of one grid; made by `discrete_darcy`.

    Arrays over nodes are in the order of `Pairs`, first coordinate slowest. The mesh has it fastest, and problem and
    mesh are their own mirror image about x = y: so what goes in in one order comes out in the same.
    """

    plan: SquarePlan | Plan
    divisions: int
    load: Array  # (points,): ∫ φ_i

    def conductivity(self, permeability: Array) -> Array:
        """(cells,) of permeability (points,): see `conductivity`."""
        return conductivity(permeability, self.divisions)

    def solve(self, permeabilities: Sequence[Array]) -> list[Array]:
        """One u (points,) for each permeability (points,), positive."""
        fixed = np.zeros_like(self.load)
        return [
            self.plan.operator(self.conductivity(permeability)).solve([self.load], [fixed])[0].x
            for permeability in permeabilities
        ]


def conductivity(permeability: Array, divisions: int) -> Array:
    """(cells,) of permeability (points,): the geometric mean over the corners of a square, for both its halves."""
    nodes = np.log(permeability, dtype=np.float64).reshape(divisions + 1, divisions + 1)
    squares = np.exp((nodes[:-1, :-1] + nodes[1:, :-1] + nodes[:-1, 1:] + nodes[1:, 1:]) / 4)
    return np.repeat(squares.ravel(), 2)


def discrete_darcy(divisions: int) -> Darcy:
    """On divisions² squares; 2 at least, as otherwise no node is free."""
    mesh = unit_square(divisions, divisions)
    load = source_load(mesh, ELEMENTS[1], np.ones(mesh.cells.shape))
    boundary = np.unique(mesh.edges[mesh.is_boundary])
    both = np.array([divisions, divisions])
    by_multigrid = is_worthwhile(both, degree=1)
    return Darcy(
        square_plan(both, boundary) if by_multigrid else plan(mesh, ELEMENTS[1], boundary),
        divisions,
        load,
    )


def darcy(count: int, divisions: int, seed: int, rate: float = 3.0) -> Pairs:
    """Permeability and solution at the (divisions + 1)² nodes; `rate` is τ of the field: greater, and a varies faster.

    Sample i of a seed is the same function a whatever `divisions` and `count` are.
    """
    axis = np.linspace(0.0, 1.0, divisions + 1)
    fields = gaussian_fields(count, axis, seed, rate)
    inputs = np.array([np.where(field >= 0, PERMEABLE, TIGHT).ravel() for field in fields])
    targets = np.array(discrete_darcy(divisions).solve(list(inputs)))
    positions = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    return Pairs(
        inputs.astype(np.float32)[..., None],
        targets.astype(np.float32)[..., None],
        positions.astype(np.float32),
        (divisions + 1, divisions + 1),
    )
