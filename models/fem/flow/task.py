"""What tasks of incompressible flow have in common, and what they return. Light: NumPy only.

Units are the caller's, if only they fit: with lengths in m, velocities in m/s and viscosities in Pa s, pressures and
tractions are in Pa and forces in N; in the plane per metre of depth.

Conditions speak of `u`, the velocity, and of `traction`; where nothing is said the traction is 0. With `stress`
"symmetric" it is (2μ ε(u) − p) n, the force per area. With "gradient" it is μ ∂u/∂n − p n, which is 0 where a fully
developed profile leaves: the do-nothing outlet (Heywood, Rannacher & Turek 1996). Inside the fluid both say the same
where μ is constant, and on walls at rest so do both forces.

Where a moving lid meets a wall, say the wall last: a corner that moves with the lid makes the wall leak along its
first edge. At Reynolds number 100 in a cavity of 16² cells that takes a tenth off all velocities.

Where every boundary prescribes the velocity through it the pressure is free up to a constant, and has mean zero.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.base import Array, Refusal, scalar, tensor
from models.fem.check import check_positive
from models.fem.domain.functional_task import VECTOR, DifferentiableTask, FunctionalResult, FunctionalTask
from models.fem.domain.integrals import Vocabulary
from models.fem.domain.task import DomainTask

# Velocity unknowns by dimension: a factorisation of up to 15 s and 1.6 GB. See DESIGN.md.
MAX_UNKNOWNS = {2: 120_000, 3: 20_000}


@dataclass(frozen=True, kw_only=True)
class FlowTask(DomainTask, FunctionalTask):
    """A viscous fluid in a domain: material, forces, conditions; and what gradients are asked for."""

    degree: int = scalar(2, "degree of the velocity; the pressure has one less (Taylor–Hood)", choices=(2,))
    viscosity: Array = tensor("float64", (-1,), "μ > 0: one value, or one per cell")
    stress: str = scalar(
        "symmetric", "2μ ε(u), or for constant μ also μ ∇u: see above", choices=("symmetric", "gradient")
    )
    force: str = scalar("", "f per volume, a formula for each component, e.g. 0, -9.81*x; none where empty")
    point_force: Array | None = tensor("float64", (-1, -1), "added to f: a row per point, interpolated", optional=True)
    body: str = scalar("", "the boundary on which the fluid's force is returned, e.g. cylinder")

    @property
    def formula_names(self) -> tuple[str, ...]:
        """What formulas may speak of."""
        return ("x", "y", "z")[: self.dimension]

    def check(self) -> None:
        """Raise `Refusal` for what the arrays alone show to be wrong; the solver refuses what needs the mesh."""
        self.check_domain(MAX_UNKNOWNS[self.dimension], self.dimension)
        check_positive("viscosity", self.viscosity, "μ > 0")
        if self.stress == "gradient" and len(self.viscosity) and (self.viscosity != self.viscosity[0]).any():
            raise Refusal("UNKNOWN_CHOICE", "is gradient, but the viscosity varies; send symmetric", "stress")
        self.read_integrals()

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary((*VECTOR[: self.dimension], "p"), ("viscosity",))


@dataclass(frozen=True, kw_only=True)
class GradientFlowTask(FlowTask, DifferentiableTask):
    """J = Σ velocity_cotangent · u + Σ pressure_cotangent p + force_cotangent · F, of which the gradient is returned.

    F is the force on `body`; integrals are added to J. Nothing is computed where nothing is asked.
    """

    velocity_cotangent: Array | None = tensor("float64", (-1, -1), "∂J/∂u: a row per point", optional=True)
    pressure_cotangent: Array | None = tensor("float64", (-1,), "∂J/∂p: a value per node", optional=True)
    force_cotangent: Array | None = tensor("float64", (-1,), "∂J/∂F: a value per component", optional=True)

    def check(self) -> None:
        super().check()
        if self.force_cotangent is not None and not self.body:
            raise Refusal("MISSING_TENSOR", "is required where force_cotangent is sent", "body", {"tensor": "body"})

    @property
    def has_cotangent(self) -> bool:
        return any(
            cotangent is not None
            for cotangent in (self.velocity_cotangent, self.pressure_cotangent, self.force_cotangent)
        )


@dataclass(frozen=True, kw_only=True)
class FlowResult(FunctionalResult):
    velocity: Array = tensor("float64", ("points", "axes"), "u at the points")
    pressure: Array = tensor("float64", ("nodes",), "p at the nodes, which are the first points")
    points: Array = tensor("float64", ("points", "axes"), "where the points are")
    cells: Array = tensor(
        "int64", ("cells", -1), "points of each cell: corners, then those of edges, faces, the inside"
    )
    body_force: Array | None = tensor(
        "float64", ("axes",), "F, of the fluid on the body, by the consistent method", optional=True
    )
    net_outflow: Array = tensor("float64", (1,), "∫ u·n over the whole boundary: what mass is made or lost")
    cell_outflow: Array = tensor("float64", ("cells",), "∫ u·n around each cell; sums to net_outflow")


@dataclass(frozen=True, kw_only=True)
class GradientFlowResult(FlowResult):
    """Gradients of J are those of what was computed, by the discrete adjoint."""

    viscosity_gradient: Array | None = tensor("float64", ("cells",), "dJ/dμ of each cell", optional=True)
    force_gradient: Array | None = tensor("float64", ("points", "axes"), "dJ/d point_force", optional=True)
    boundary_gradient: Array | None = tensor(
        "float64", ("points", "axes"), "dJ by each prescribed velocity component; 0 where none is", optional=True
    )
