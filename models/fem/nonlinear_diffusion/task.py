"""Nonlinear diffusion −∇·(k c(u, |∇u|) ∇u) = f: the task, its result, and its line in the catalogue.

Two laws. `power`, the p-Laplacian, c = (ε² + |∇u|²)^((p−2)/2) with p = `exponent` and ε = `regularisation`: glaciers
and other power-law fluids, p < 2 thinning, p > 2 thickening; the answer is that of the regularised equation.
`formula`: c is a formula of u, which has to be positive, e.g. 1 + u**2; of x, y, z as well.

Conditions speak of `u` and of `q`, the flux k c ∂u/∂n into the domain; where nothing is said the flux is 0. Units are
the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Spec, scalar, tensor
from models.fem.check import check_positive
from models.fem.domain.functional_task import DifferentiableTask, FunctionalResult
from models.fem.domain.integrals import Vocabulary
from models.fem.domain.task import DomainTask

# By dimension: up to 8 s and 1.1 GB for a tangent and its factors in the plane, twice that in space.
MAX_UNKNOWNS = {2: 200_000, 3: 30_000}


@dataclass(frozen=True, kw_only=True)
class NonlinearDiffusionTask(DomainTask, DifferentiableTask):
    """Find u with −∇·(k c ∇u) = f, u = g where it is prescribed, k c ∂u/∂n = q on the rest of the boundary."""

    law: str = scalar("power", "what c is: (ε² + |∇u|²)^((p−2)/2), or `coefficient`", choices=("power", "formula"))
    exponent: float = scalar(2.0, "p, 1 < p ≤ 20, of the law `power`")
    regularisation: float = scalar(1e-4, "ε > 0, a slope that is small among those of u, of the law `power`")
    coefficient: str = scalar("", "c > 0 of the law `formula`, of u, x, y, z: e.g. 1 + u**2")
    conductivity: Array = tensor("float64", (-1,), "k > 0: one value, or one per cell")
    source: str = scalar("", "f, a formula, e.g. sin(pi*x); none where empty")
    point_source: Array | None = tensor("float64", (-1,), "added to f: a value per point, interpolated", optional=True)
    max_steps: int = scalar(100, "Newton steps at most, those of continuation included")
    cotangent: Array | None = tensor("float64", (-1,), "∂J/∂u, a value per point: asks for gradients", optional=True)
    conductivity_tangent: Array | None = tensor(
        "float64", (-1,), "change of k, along which u is differentiated: one value, or one per cell", optional=True
    )

    @property
    def coordinates(self) -> tuple[str, ...]:
        return ("x", "y", "z")[: self.dimension]

    def check(self) -> None:
        """Raise `Refusal` for what the arrays alone show to be wrong; the solver refuses what needs the mesh."""
        self.check_domain(MAX_UNKNOWNS[self.dimension])
        check_positive("conductivity", self.conductivity, "k > 0")
        if not 1 < self.exponent <= 20:
            raise Refusal("OUT_OF_RANGE", f"is {self.exponent}; send 1 < p ≤ 20", "exponent")
        if not self.regularisation > 0:
            raise Refusal("NOT_POSITIVE", f"is {self.regularisation}; send ε > 0", "regularisation")
        if (self.law == "formula") != bool(self.coefficient.strip()):
            said = "is required by the law formula" if self.law == "formula" else "is of the law formula only"
            raise Refusal("UNKNOWN_CHOICE", said, "coefficient")
        if not 1 <= self.max_steps <= 10_000:
            raise Refusal("OUT_OF_RANGE", f"is {self.max_steps}; send 1 to 10000", "max_steps")
        self.read_integrals()

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(("u",), ("conductivity",))


@dataclass(frozen=True, kw_only=True)
class NonlinearDiffusionResult(FunctionalResult):
    u: Array = tensor("float64", ("points",), "the solution at the points")
    points: Array = tensor("float64", ("points", "axes"), "where the points are")
    cells: Array = tensor(
        "int64", ("cells", -1), "points of each cell: corners, then those of edges, faces, the inside"
    )
    flux: Array = tensor("float64", ("cells", "axes"), "−k c ∇u, the mean over each cell")
    history: Array = tensor(
        "float64",
        ("steps", 3),
        "for each iterate the exponent (`power`) or the share of c (`formula`), the step that led to it, the residual",
    )
    u_tangent: Array | None = tensor("float64", ("points",), "the derivative of u along the tangent", optional=True)
    conductivity_gradient: Array | None = tensor("float64", ("cells",), "dJ/dk of each cell", optional=True)
    source_gradient: Array | None = tensor("float64", ("points",), "dJ/d point_source", optional=True)


SPEC = Spec(
    name="fem.nonlinear_diffusion",
    version="1",
    summary="Nonlinear diffusion, p-Laplacian or a formula of u, by Newton's method with continuation.",
    task=NonlinearDiffusionTask,
    result=NonlinearDiffusionResult,
    factory="models.fem.nonlinear_diffusion.solve:NonlinearDiffusionSolver",
    example=lambda: NonlinearDiffusionTask(
        divisions=np.array([4, 4]),
        exponent=3.0,
        conductivity=np.array([1.0]),
        source="1",
        conditions="boundary: u = 0",
    ),
    max_batch=16,
    resources=ON_DEMAND,
)
