"""A plate with a hole, pulled: from its stiffness and the load on its right side to its displacement.

The quarter of a plate in plane stress (ν = 0.3) that `plate_mesh` cuts into triangles: u_x = 0 on the left and u_y = 0
below, by symmetry; a tension that varies along the right side; the top and the hole are free. Young's modulus varies
over the plate. Solved by `models.fem.elasticity` with quadratic elements; points are scattered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from models.base import Array
from models.fem.elasticity.problem import mesh_of, problem
from models.fem.elasticity.solve import answer
from models.fem.elasticity.task import ElasticityTask
from models.fem.simplicial import Simplicial
from models.operators.generators.plate_mesh import plate_mesh
from models.operators.generators.positive import positive_fields, standard_fields, stream
from models.operators.pairs import Pairs

POISSON = 0.3
STIFFNESS_DEVIATION = 0.3  # of log E
LOAD_DEVIATION = 0.5  # of the tension, whose mean is 1
_DRAWN = np.linspace(0.0, 1.0, 65)  # where fields are looked at; they are linear in between
_DEGREE = 2


def plate_with_a_hole(count: int, divisions: int, seed: int, rate: float = 3.0) -> Pairs:
    """E and, at each point, the tension that acts on the right side at its height; and u_x, u_y: at the nodes of
    `plate_mesh`, (divisions + 1)(2 divisions + 1) scattered points. `rate` is τ of both Gaussian fields.

    Sample i of a seed is the same pair of functions whatever `divisions` and `count` are.
    """
    plate = Plate.of(divisions)
    nodes = plate.mesh.nodes
    inputs, targets = [], []
    stiffnesses = positive_fields(count, _DRAWN, stream(seed, 0), STIFFNESS_DEVIATION, rate)
    loads = standard_fields(count, _DRAWN, stream(seed, 1), rate)
    for stiffness, load in zip(stiffnesses, loads, strict=True):
        young = np.exp(RegularGridInterpolator((_DRAWN, _DRAWN), np.log(stiffness))(nodes))
        tension = 1 + LOAD_DEVIATION * np.interp(nodes[:, 1], _DRAWN, load[0])
        inputs.append(np.column_stack((young, tension)))
        targets.append(plate.displacement(young, plate.tension(tension)))
    return Pairs(np.stack(inputs).astype(np.float32), np.stack(targets).astype(np.float32), nodes.astype(np.float32))


@dataclass(frozen=True, eq=False)
class Plate:
    """Made by `of`."""

    mesh: Simplicial
    outer: Array  # (edges, 2): nodes of the edges of the right side, then of the top
    held: tuple[Array, Array]  # points on the left, and below: those of edges' middles among them

    @classmethod
    def of(cls, divisions: int) -> Plate:
        nodes, cells = plate_mesh(divisions)
        mesh = mesh_of(ElasticityTask(nodes=nodes, cells=cells, young_modulus=np.ones(1), poisson_ratio=np.zeros(1)))
        rim = np.arange(divisions, len(nodes), divisions + 1)
        points = mesh.points(_DEGREE)
        left, below = (np.flatnonzero(np.abs(points[:, axis]) < 1e-12) for axis in (0, 1))
        return cls(mesh, np.column_stack((rim[:-1], rim[1:])), (left, below))

    def tension(self, normal: Array) -> Array:
        """(edges, 2, 2): along x on the right side, from values at all nodes; 0 on the top."""
        traction = np.zeros((*self.outer.shape, 2))
        right = len(self.outer) // 2
        traction[:right, :, 0] = normal[self.outer[:right]]
        return traction

    def displacement(self, young: Array, traction: Array) -> Array:
        """(nodes, 2), of E at the nodes and the traction at the ends of the outer edges (edges, 2, 2). Each cell has
        the geometric mean of E at its corners. Raises `Refusal`."""
        left, below = self.held
        task = ElasticityTask(
            nodes=self.mesh.nodes,
            cells=self.mesh.cells,
            degree=_DEGREE,
            plane="stress",
            young_modulus=np.exp(np.log(young)[self.mesh.cells].mean(axis=1)),
            poisson_ratio=np.array([POISSON]),
            traction_facets=self.outer,
            traction_values=traction,
            fixed_points=np.concatenate((left, below)),
            fixed_axes=np.repeat([0, 1], [len(left), len(below)]),
            fixed_values=np.zeros(len(left) + len(below)),
        )
        task.check()
        return np.asarray(answer(problem(task, self.mesh)).displacement[: len(young)])
