"""Linear elasticity: the task −div σ = f on triangles or tetrahedra, its result, and its line in the catalogue.

Units are the caller's, if only they fit: with lengths in m and moduli in Pa, tractions are in Pa, body forces in N/m³,
displacements in m, and forces and energies in N and J; in the plane these are per metre of thickness.

Points are where displacements live: for degree 1 the nodes; for degree 2 the nodes, then the midpoints of all edges, an
edge being its sorted pair of nodes and edges being ordered lexicographically. The result returns them.

A rectangle or box has one corner at the origin; node i + (nx + 1)(j + (ny + 1) k) is at (i Lx / nx, j Ly / ny,
k Lz / nz). Rectangles are cut by their diagonal from lower left to upper right, bricks into six tetrahedra around
theirs: `models.fem.mesh` and `models.fem.tetrahedra` hold the order of cells.

With degree 2 a component that is prescribed along a side has to be so at its midpoints, too. A displacement that is
prescribed at a single point may stop a rigid motion. Where it also carries a force the exact solution is infinite
there, and energies grow without bound as the mesh is refined: prescribe whole facets instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Spec, scalar, tensor
from models.fem.check import check_range, check_size
from models.fem.domain.functional_task import VECTOR, FunctionalResult, FunctionalTask
from models.fem.domain.integrals import Vocabulary
from models.fem.elasticity.body_task import BodyTask
from models.fem.elasticity.check import (
    check_fixed,
    check_locking,
    check_material,
    check_mesh,
    check_plane,
    check_tractions,
)


@dataclass(frozen=True, kw_only=True)
class ElasticityTask(BodyTask, FunctionalTask):
    """Find u with −div σ(u) = f, u_a = g on the fixed points and axes, σ n = t on the traction facets, 0 elsewhere."""

    degree: int = scalar(2, "polynomial degree of the Lagrange element", choices=(1, 2))
    plane: str = scalar("strain", "what holds across the plane of triangles", choices=("strain", "stress"))
    body_force: Array | None = tensor(
        "float64", (-1, "axes"), "f per volume: one row, or one per point (interpolated)", optional=True
    )
    fixed_values: Array | None = tensor("float64", ("fixed",), "g, its displacement", optional=True)
    expansion: Array | None = tensor("float64", (-1,), "α: one value, or one per cell; 0 where absent", optional=True)
    temperature: Array | None = tensor(
        "float64", (-1,), "ΔT from the state without stress: one value, or one per node (linear)", optional=True
    )
    cell_temperature: Array | None = tensor(
        "float64", (-1,), "ΔT, added to `temperature`: one value per cell", optional=True
    )

    def check(self) -> None:
        """Raise `Refusal` for what the arrays alone show to be wrong; the solver refuses what needs the edges and faces
        of the mesh, and rigid motions that are left free."""
        mesh = check_mesh(self.divisions, self.lengths, self.nodes, self.cells, self.degree)
        dimension, node_count, cell_count, point_count = mesh
        check_plane(self.plane, dimension)
        check_material(self.young_modulus, self.poisson_ratio, cell_count)
        if self.plane == "strain":  # in plane stress the thickness gives way, so that nothing locks
            check_locking(self.poisson_ratio, self.degree)
        if self.expansion is not None:
            check_size("expansion", self.expansion, (1, cell_count), "one value, or one per cell")
        if self.temperature is not None:
            check_size("temperature", self.temperature, (1, node_count), "one value, or one per node")
        if self.cell_temperature is not None:
            check_size("cell_temperature", self.cell_temperature, (cell_count,), "one value per cell")
        check_fixed(self.fixed_points, self.fixed_axes, self.fixed_values, dimension)
        check_tractions(self.traction_facets, self.traction_values, dimension, node_count)
        if point_count is not None:
            self.check_points(point_count)
        self.read_integrals()

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(VECTOR[: self.dimension], ("young_modulus", "poisson_ratio"))

    def check_points(self, point_count: int) -> None:
        """Raise `Refusal` WRONG_SIZE or OUT_OF_RANGE: what needs the number of points, which the solver counts."""
        if self.body_force is not None:
            check_size("body_force", self.body_force, (1, point_count), "one row, or one per point")
        if self.fixed_points is not None:
            check_range("fixed_points", self.fixed_points, point_count, "points")


@dataclass(frozen=True, kw_only=True)
class ElasticityResult(FunctionalResult):
    displacement: Array = tensor("float64", ("points", "axes"), "u at the points")
    points: Array = tensor("float64", ("points", "axes"), "where the points are")
    cells: Array = tensor(
        "int64",
        ("cells", -1),
        "points of each cell: corners, positively oriented; then for degree 2 the midpoints of edges (0,1), (1,2), "
        "(2,0) and in tetrahedra (0,3), (1,3), (2,3)",
    )
    stress: Array = tensor("float64", ("cells", 6), "mean over each cell: xx, yy, zz, yz, xz, xy")
    strain_energy: Array = tensor("float64", ("cells",), "of each cell")
    reaction: Array = tensor("float64", ("fixed",), "the force that holds each prescribed component")
    imbalance: Array = tensor(
        "float64",
        (-1,),
        "what is left of all loads and reactions together, over the sum of their absolute values: moments about the "
        "mean of the points (z; or x, y, z), then forces. Round-off where the answer is right",
    )
    cell_estimate: Array = tensor(
        "float64", ("cells",), "each cell's share of the squared error estimate; sums to its square"
    )


SPEC = Spec(
    name="fem.elasticity",
    version="1",
    summary="Small-strain isotropic elasticity on triangles and tetrahedra, P1 and P2, with an error estimate.",
    task=ElasticityTask,
    result=ElasticityResult,
    factory="models.fem.elasticity.solve:ElasticitySolver",
    example=lambda: ElasticityTask(
        divisions=np.array([4, 2]),
        lengths=np.array([2.0, 1.0]),
        degree=1,
        young_modulus=np.array([210e9]),
        poisson_ratio=np.array([0.3]),
        body_force=np.array([[0.0, -77e3]]),
        fixed_points=np.repeat([0, 5, 10], 2),
        fixed_axes=np.tile([0, 1], 3),
        fixed_values=np.zeros(6),
    ),
    max_batch=16,
    resources=ON_DEMAND,
)
