"""Linear elasticity on quadrilaterals and hexahedra: the task −div σ = f, its result, and its line in the catalogue.

Units are the caller's, if only they fit: with lengths in m and moduli in Pa, tractions are in Pa, body forces in N/m³,
displacements in m, and forces and energies in N and J; in the plane these are per metre of thickness. Conditions speak
of `u`, the displacement, and of `traction`, the force per area; where nothing is said there is none. Tractions that are
given twice on a boundary add up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array, Refusal, Resources, Spec, scalar, tensor
from models.fem.check import check_size
from models.fem.domain.functional_task import VECTOR, FunctionalResult, FunctionalTask
from models.fem.domain.integrals import Vocabulary
from models.fem.domain.task import DomainTask
from models.fem.elasticity.check import check_locking, check_material

# By dimension: 13 s and 1.3 GB on one core at most for boxes; own meshes, which their multigrid does not know, take as
# long with a third of the unknowns.
MAX_UNKNOWNS = {2: 200_000, 3: 300_000}
MAX_OWN_UNKNOWNS = {2: 200_000, 3: 100_000}


@dataclass(frozen=True, kw_only=True)
class BricksTask(DomainTask, FunctionalTask):
    """Find u with −div σ(u) = f, u = g where it is prescribed, σ n = t on the rest of the boundary."""

    cell_kind: str = scalar("quadrilateral", "what the cells are", choices=("quadrilateral", "hexahedron"))
    degree: int = scalar(2, "polynomial degree of the element: Q1 or Q2", choices=(1, 2))
    plane: str = scalar("strain", "what holds across the plane of quadrilaterals", choices=("strain", "stress"))
    young_modulus: Array = tensor("float64", (-1,), "E > 0: one value, or one per cell")
    poisson_ratio: Array = tensor("float64", (-1,), "-1 < ν < 0.5: one value, or one per cell")
    force: str = scalar("", "f per volume, a formula for each component, e.g. 0, -77e3; none where empty")
    expansion: Array | None = tensor("float64", (-1,), "α: one value, or one per cell; 0 where absent", optional=True)
    temperature: str = scalar("", "ΔT from the state without stress, a formula; 0 where empty")
    support: str = scalar("", "the boundary whose reaction is returned, e.g. left")

    def check(self) -> None:
        """Raise `Refusal` for what the arrays alone show to be wrong; the solver refuses what needs the mesh."""
        most = MAX_OWN_UNKNOWNS if self.shape == "own" else MAX_UNKNOWNS
        cell_count = self.check_domain(most[self.dimension], self.dimension)
        if self.dimension == 3 and self.plane != "strain":
            raise Refusal(
                "UNKNOWN_CHOICE",
                f"is {self.plane!r}; hexahedra have no plane: send strain",
                "plane",
                {"choices": "strain"},
            )
        check_material(self.young_modulus, self.poisson_ratio, cell_count)
        if self.plane == "strain":  # in plane stress the thickness gives way, so that nothing locks
            check_locking(self.poisson_ratio, self.degree)
        if self.expansion is not None:
            check_size("expansion", self.expansion, (1, cell_count), "one value, or one per cell")
        self.read_integrals()

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(VECTOR[: self.dimension], ("young_modulus", "poisson_ratio"))


@dataclass(frozen=True, kw_only=True)
class BricksResult(FunctionalResult):
    displacement: Array = tensor("float64", ("points", "axes"), "u at the points")
    points: Array = tensor("float64", ("points", "axes"), "where the points are; those at nodes come first")
    cells: Array = tensor(
        "int64", ("cells", -1), "points of each cell: corners, then those of edges, faces, the inside"
    )
    stress: Array = tensor("float64", ("cells", 6), "mean over each cell: xx, yy, zz, yz, xz, xy")
    node_stress: Array = tensor(
        "float64", ("nodes", -1), "recovered at the nodes: xx, yy, xy in the plane; xx, yy, zz, yz, xz, xy"
    )
    strain_energy: Array = tensor("float64", ("cells",), "of each cell")
    reaction: Array | None = tensor("float64", ("axes",), "the force of the support on the body", optional=True)
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
    name="fem.elasticity.bricks",
    version="1",
    summary="Small-strain isotropic elasticity on quadrilaterals and hexahedra, Q1 and Q2, with an error estimate.",
    task=BricksTask,
    result=BricksResult,
    factory="models.fem.bricks.solve:BricksSolver",
    example=lambda: BricksTask(
        shape="cube",
        divisions=np.array([8, 4, 4]),
        lengths=np.array([2.0, 1.0, 1.0]),
        cell_kind="hexahedron",
        degree=1,
        young_modulus=np.array([210e9]),
        poisson_ratio=np.array([0.3]),
        force="0, 0, -77e3",
        conditions="left: u = 0, 0, 0; right: traction = 0, 0, -1e5",
        support="left",
    ),
    max_batch=16,
    resources=Resources(min_replicas=0),
)
