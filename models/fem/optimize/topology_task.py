"""Topology optimisation: the task, its result, and its line in the catalogue.

Where in a body to put a given volume of material, so that it gives way least under a load, or so that it moves an
output most against the given weights (a compliant mechanism). Each cell has a density between 0 and 1, of which its
stiffness is a power (Bendsøe 1989, Struct. Optim. 1, 193-202: SIMP).

Bricks of `divisions` are bilinear squares or trilinear cubes, one density each; brick i + nx (j + ny k) has its lowest
corner at node i + (nx + 1)(j + (ny + 1) k). A side of a cube is two facets, which share the diagonal from its lowest to
its highest node; a traction acts on the nodes as on two triangles. Triangles and tetrahedra of your own are P1 or P2.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Result, Spec, scalar, tensor
from models.fem.check import check_positive, check_range, check_size
from models.fem.elasticity.body_task import BodyTask
from models.fem.elasticity.check import check_mesh
from models.fem.elasticity.task import ElasticityTask
from models.fem.optimize.check import check_between, check_cell_count, check_components, check_fractions, check_passive

# A search solves its problem a hundred times and more. By dimension, of bricks, and by dimension and degree, of
# simplices: what sparse LU, which serves where a pivot of Cholesky is not positive, takes about two seconds for.
MAX_BRICKS = {2: 60_000, 3: 4_000}
MAX_SIMPLICES = {(2, 1): 120_000, (2, 2): 30_000, (3, 1): 20_000, (3, 2): 2_500}
MAX_STEPS = 1_000


@dataclass(frozen=True, kw_only=True)
class TopologyTask(BodyTask):
    """Find the densities of least compliance, or of the least weighted displacement of an output."""

    degree: int = scalar(1, "polynomial degree of triangles and tetrahedra", choices=(1, 2))
    plane: str = scalar("stress", "what holds across the plane; nothing in space", choices=("strain", "stress"))
    force_points: Array | None = tensor("int64", ("forces",), "points with a force of their own", optional=True)
    force_axes: Array | None = tensor("int64", ("forces",), "its direction: 0, 1 or 2", optional=True)
    force_values: Array | None = tensor("float64", ("forces",), "its size; what it does depends on h", optional=True)
    spring_points: Array | None = tensor("int64", ("springs",), "points with a spring to the ground", optional=True)
    spring_axes: Array | None = tensor("int64", ("springs",), "its direction: 0, 1 or 2", optional=True)
    spring_values: Array | None = tensor("float64", ("springs",), "its stiffness > 0", optional=True)
    output_points: Array | None = tensor(
        "int64", ("outputs",), "points whose displacement is minimised, instead of the compliance", optional=True
    )
    output_axes: Array | None = tensor("int64", ("outputs",), "which component: 0, 1 or 2", optional=True)
    output_values: Array | None = tensor("float64", ("outputs",), "its weight: -1 to maximise it", optional=True)
    solid_cells: Array | None = tensor("int64", ("solid",), "cells that are full whatever is found", optional=True)
    void_cells: Array | None = tensor("int64", ("void",), "cells that are empty whatever is found", optional=True)
    initial_design: Array | None = tensor(
        "float64",
        (-1,),
        "where to begin, 0 to 1 for each cell: an earlier answer's; even if absent",
        optional=True,
    )
    volume_fraction: float = scalar(0.5, "how much of the volume may be material, between 0 and 1")
    penalty: float = scalar(3.0, "p: stiffness is density to this power, 1 to 10")
    lightest: float = scalar(1e-9, "stiffness of no material, as a part of that of full material; 1e-9 to 0.1")
    filter: str = scalar(
        "cone", "a mean with conical weights, or by Helmholtz's equation", choices=("cone", "helmholtz")
    )
    filter_radius: float = scalar(0.0, "of the mean, in the units of the mesh; 0: no filter")
    sharpness: float = scalar(0.0, "β of the projection on 0 and 1 at last, from 1 on by doubling; 0: none; up to 64")
    tolerance: float = scalar(1e-3, "of the optimality conditions, dimensionless; 1e-6 to 0.1")
    steps: int = scalar(100, "the most steps, 1 to 1000")

    def check(self) -> None:
        """Raise `Refusal` for what the arrays alone show to be wrong; the solver refuses what needs the mesh."""
        check_mesh(self.divisions, self.lengths, self.nodes, self.cells, self.degree)
        cell_count = self._check_cells()
        for name in ("young_modulus", "poisson_ratio"):
            check_size(name, getattr(self, name), (1, cell_count), "one value, or one per cell")
        self.elastic().check()
        for kind, points, axes, values in (
            ("force", self.force_points, self.force_axes, self.force_values),
            ("spring", self.spring_points, self.spring_axes, self.spring_values),
            ("output", self.output_points, self.output_axes, self.output_values),
        ):
            check_components(kind, points, axes, values, self.dimension)
        if self.spring_values is not None:
            check_positive("spring_values", self.spring_values, "a stiffness > 0")
        check_passive(self.solid_cells, self.void_cells, cell_count)
        if self.initial_design is not None:
            check_size("initial_design", self.initial_design, (cell_count,), "one per cell")
            check_fractions("initial_design", self.initial_design)
        self._check_numbers()

    def elastic(self) -> ElasticityTask:
        """The same body, full of material, under the tractions alone; bricks cut into triangles or tetrahedra."""
        young, poisson = self.young_modulus, self.poisson_ratio
        if self.divisions is not None:
            pieces = 2 if self.dimension == 2 else 6
            young, poisson = (values if len(values) == 1 else values.repeat(pieces) for values in (young, poisson))
        return ElasticityTask(
            divisions=self.divisions,
            lengths=self.lengths,
            nodes=self.nodes,
            cells=self.cells,
            degree=self.degree,
            plane="strain" if self.dimension == 3 else self.plane,
            young_modulus=young,
            poisson_ratio=poisson,
            traction_facets=self.traction_facets,
            traction_values=self.traction_values,
            fixed_points=self.fixed_points,
            fixed_axes=self.fixed_axes,
            fixed_values=None if self.fixed_points is None else np.zeros(len(self.fixed_points)),
        )

    def check_points(self, point_count: int) -> None:
        """Raise `Refusal` OUT_OF_RANGE: what needs the number of points, which the solver counts."""
        for name in ("force_points", "spring_points", "output_points"):
            points = getattr(self, name)
            if points is not None:
                check_range(name, points, point_count, "points")

    def _check_cells(self) -> int:
        if self.divisions is None:
            assert self.cells is not None
            check_cell_count(len(self.cells), MAX_SIMPLICES[self.dimension, self.degree], "cells")
            return len(self.cells)
        if self.degree != 1:
            message = f"is {self.degree}; bricks are bilinear: send 1, or a mesh of your own"
            raise Refusal("UNKNOWN_CHOICE", message, "degree", {"choices": "1"})
        count = int(prod(self.divisions.tolist()))
        check_cell_count(count, MAX_BRICKS[self.dimension], "divisions")
        return count

    def _check_numbers(self) -> None:
        for name, value, lowest, highest in (
            ("volume_fraction", self.volume_fraction, 1e-3, 1 - 1e-3),
            ("penalty", self.penalty, 1.0, 10.0),
            ("lightest", self.lightest, 1e-9, 0.1),
            ("filter_radius", self.filter_radius, 0.0, 1e60),
            ("tolerance", self.tolerance, 1e-6, 0.1),
            ("steps", self.steps, 1, MAX_STEPS),
        ):
            check_between(name, value, lowest, highest)
        if self.sharpness != 0:
            check_between("sharpness", self.sharpness, 1.0, 64.0)


@dataclass(frozen=True, kw_only=True)
class TopologyResult(Result):
    density: Array = tensor("float64", ("cells",), "of material in each cell: the design, filtered and projected")
    design: Array = tensor("float64", ("cells",), "the unknowns of the search")
    displacement: Array = tensor("float64", ("points", "axes"), "u at the points")
    points: Array = tensor("float64", ("points", "axes"), "where the points are")
    cell_points: Array = tensor("int64", ("cells", -1), "points of each cell; those of bricks along x, then y, then z")
    objective: Array = tensor("float64", ("history",), "compliance or weighted displacement after each step")
    volume: Array = tensor("float64", ("history",), "material over all volume after each step")


def _example() -> TopologyTask:
    """A cantilever of 12 × 4 squares, loaded in the middle of its end."""
    left = 13 * np.arange(5)
    return TopologyTask(
        divisions=np.array([12, 4]),
        lengths=np.array([3.0, 1.0]),
        young_modulus=np.array([1.0]),
        poisson_ratio=np.array([0.3]),
        force_points=np.array([38]),
        force_axes=np.array([1]),
        force_values=np.array([-1.0]),
        fixed_points=np.repeat(left, 2),
        fixed_axes=np.tile([0, 1], 5),
        filter_radius=0.4,
        tolerance=0.1,
    )


SPEC = Spec(
    name="fem.elasticity.topology",
    version="1",
    summary="Where to put material for least compliance or a moving output: SIMP, filters, projection, GCMMA.",
    task=TopologyTask,
    result=TopologyResult,
    factory="models.fem.optimize.topology:TopologySolver",
    example=_example,
    max_batch=1,
    resources=ON_DEMAND,
    stepped=True,
)
