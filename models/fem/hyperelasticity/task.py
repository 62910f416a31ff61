"""Hyperelasticity at finite strain: the task −Div P(F) = f, its result, and its line in the catalogue.

A body of compressible neo-Hookean material in its reference configuration; plane strain in the plane. Units are the
caller's, if only they fit: with lengths in m and moduli in Pa, tractions are in Pa and forces in N (in the plane per
metre of depth). Conditions speak of `u`, the displacement, and of `traction`, a force per *reference* area that keeps
its direction (dead load), as body forces do per reference volume; where nothing is said there is none.

Loads and prescribed displacements grow together from 0 in `load_steps` equal steps, shorter ones where Newton's method
asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Spec, scalar, tensor
from models.fem.check import check_positive
from models.fem.domain.functional_task import VECTOR, DifferentiableTask, FunctionalResult
from models.fem.domain.integrals import Vocabulary
from models.fem.domain.task import DomainTask
from models.fem.elasticity.check import check_locking

# By dimension: up to 18 s and 1.1 GB for a tangent and its factors, a dozen of which are needed.
MAX_UNKNOWNS = {2: 120_000, 3: 30_000}


@dataclass(frozen=True, kw_only=True)
class HyperelasticityTask(DomainTask, DifferentiableTask):
    """Find u with −Div P = f, u = g where it is prescribed, P N = t on the rest of the boundary."""

    degree: int = scalar(2, "polynomial degree of the element: P1, P2 on simplices, Q1, Q2 on others", choices=(1, 2))
    young_modulus: Array = tensor("float64", (-1,), "E > 0 at small strain: one value, or one per cell")
    poisson_ratio: Array = tensor("float64", (-1,), "0 ≤ ν < 0.5 at small strain: one value, or one per cell")
    force: str = scalar("", "f per reference volume, a formula for each component, e.g. 0, -77e3; none where empty")
    point_force: Array | None = tensor("float64", (-1, -1), "added to f: a row per point, interpolated", optional=True)
    support: str = scalar("", "the boundary whose reaction is returned, e.g. left")
    load_steps: int = scalar(1, "equal steps in which loads and prescribed displacements grow")
    max_steps: int = scalar(100, "Newton steps at most, in all")
    cotangent: Array | None = tensor("float64", (-1, -1), "∂J/∂u, a row per point: asks for gradients", optional=True)

    def check(self) -> None:
        """Raise `Refusal` for what the arrays alone show to be wrong; the solver refuses what needs the mesh."""
        self.check_domain(MAX_UNKNOWNS[self.dimension], self.dimension)
        check_positive("young_modulus", self.young_modulus, "E > 0")
        if (wrong := ~((self.poisson_ratio >= 0) & (self.poisson_ratio < 0.5))).any():
            at = int(np.argmax(wrong))
            value = str(self.poisson_ratio[at])
            raise Refusal("OUT_OF_RANGE", f"is {value}; send 0 ≤ ν < 0.5", f"poisson_ratio[{at}]", {"value": value})
        check_locking(self.poisson_ratio, self.degree)
        for name, count, most in (("load_steps", self.load_steps, 1000), ("max_steps", self.max_steps, 10_000)):
            if not 1 <= count <= most:
                raise Refusal("OUT_OF_RANGE", f"is {count}; send 1 to {most}", name)
        self.read_integrals()

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(VECTOR[: self.dimension], ("young_modulus", "poisson_ratio"))


@dataclass(frozen=True, kw_only=True)
class HyperelasticityResult(FunctionalResult):
    displacement: Array = tensor("float64", ("points", "axes"), "u at the points")
    points: Array = tensor("float64", ("points", "axes"), "where the points are in the reference configuration")
    cells: Array = tensor(
        "int64", ("cells", -1), "points of each cell: corners, then those of edges, faces, the inside"
    )
    stress: Array = tensor(
        "float64", ("cells", 6), "Cauchy's, the mean over each deformed cell: xx, yy, zz, yz, xz, xy"
    )
    volume_ratio: Array = tensor("float64", ("cells",), "of each cell's deformed volume to its reference volume")
    strain_energy: Array = tensor("float64", ("cells",), "of each cell")
    reaction: Array | None = tensor("float64", ("axes",), "the force of the support on the body", optional=True)
    history: Array = tensor(
        "float64",
        ("steps", 3),
        "for each iterate the share of the load, the length of the step that led to it (0 for none), the residual",
    )
    young_modulus_gradient: Array | None = tensor("float64", ("cells",), "dJ/dE of each cell", optional=True)
    poisson_ratio_gradient: Array | None = tensor("float64", ("cells",), "dJ/dν of each cell", optional=True)
    force_gradient: Array | None = tensor("float64", ("points", "axes"), "dJ/d point_force", optional=True)


SPEC = Spec(
    name="fem.hyperelasticity",
    version="1",
    summary="Finite strain of compressible neo-Hookean bodies in 2D and 3D, by load steps and Newton's method.",
    task=HyperelasticityTask,
    result=HyperelasticityResult,
    factory="models.fem.hyperelasticity.solve:HyperelasticitySolver",
    example=lambda: HyperelasticityTask(
        divisions=np.array([4, 2]),
        lengths=np.array([2.0, 1.0]),
        young_modulus=np.array([1e6]),
        poisson_ratio=np.array([0.3]),
        conditions="left: u = 0, 0; right: traction = 0, -2e4",
        support="left",
    ),
    max_batch=16,
    resources=ON_DEMAND,
)
