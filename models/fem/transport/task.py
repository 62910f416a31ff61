"""Advection, diffusion and reaction: the task −∇·(k∇u) + b·∇u + c u = f, its result, and its line in the catalogue.

Conditions: `u = …` prescribes u; `q = …` gives k ∂u/∂n; `h = h, u_out` exchanges with the outside, k ∂u/∂n =
h (u_out − u), and adds to q. Where nothing is said, k ∂u/∂n = 0. Units are the caller's, if only they fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Spec, scalar, tensor
from models.fem.check import check_size
from models.fem.domain.cellwise import check_cellwise, check_not_negative
from models.fem.domain.conditions import AXES, Condition, read_conditions, split_formulas
from models.fem.domain.expression import Expression, parse
from models.fem.domain.functional_task import DifferentiableTask, FunctionalResult
from models.fem.domain.integrals import Vocabulary
from models.fem.domain.limits import MAX_UNKNOWNS
from models.fem.domain.task import DomainTask

QUANTITIES = {"u": 1, "q": 1, "h": 2}


@dataclass(frozen=True, kw_only=True)
class TransportTask(DomainTask, DifferentiableTask):
    """Find u with −∇·(k∇u) + b·∇u + c u = f; and where a cotangent is sent, the gradients of J = cotangent·u."""

    diffusivity: Array = tensor("float64", (-1,), "k > 0: one value, or one per cell")
    velocity: str = scalar("", "b: one formula per coordinate, e.g. -y, x; 0 where empty")
    cell_velocity: Array | None = tensor("float64", (-1, -1), "added to b: one row, or one per cell", optional=True)
    reaction: Array | None = tensor("float64", (-1,), "c >= 0: one value, or one per cell; 0 if absent", optional=True)
    source: str = scalar("0", "f, a formula, e.g. sin(pi*x)*y")
    cell_source: Array | None = tensor("float64", (-1,), "added to f: one value, or one per cell", optional=True)
    stabilisation: str = scalar("supg", "where the flow is faster than the mesh can follow", choices=("supg", "none"))
    cotangent: Array | None = tensor("float64", ("points",), "derivatives of J by u, one per point", optional=True)
    diffusivity_tangent: Array | None = tensor(
        "float64", (-1,), "change of k, along which u is differentiated: one value, or one per cell", optional=True
    )
    reaction_tangent: Array | None = tensor("float64", (-1,), "change of c, likewise", optional=True)

    def check(self) -> None:
        """Raise `Refusal` for what the arrays and texts alone show to be wrong."""
        cells = self.check_domain(MAX_UNKNOWNS[self.dimension])
        check_cellwise("diffusivity", self.diffusivity, cells, "k")
        check_not_negative("reaction", self.reaction, cells, "c")
        if self.cell_source is not None:
            check_size("cell_source", self.cell_source, (1, cells), "one value, or one per cell")
        for name, tangent in (("diffusivity", self.diffusivity_tangent), ("reaction", self.reaction_tangent)):
            if tangent is not None:
                check_size(f"{name}_tangent", tangent, (1, cells), "one value, or one per cell")
        if self.cell_velocity is not None:
            check_size("cell_velocity", self.cell_velocity, (1, cells), "one row, or one per cell")
            if self.cell_velocity.shape[1] != self.dimension:
                message = f"has rows of {self.cell_velocity.shape[1]}; send {self.dimension} coordinates in each"
                raise Refusal("WRONG_SHAPE", message, "cell_velocity")
        self.read_conditions()
        self.read_source()
        self.read_velocity()
        self.read_integrals()

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(("u",), ("diffusivity", *(("reaction",) if self.reaction is not None else ())))

    def read_conditions(self) -> tuple[Condition, ...]:
        return read_conditions(self.conditions, QUANTITIES, AXES[: self.dimension])

    def read_source(self) -> Expression:
        return parse(self.source, AXES[: self.dimension], "source")

    def read_velocity(self) -> tuple[Expression, ...]:
        """One formula per coordinate, or none."""
        if not self.velocity.strip():
            return ()
        formulas = split_formulas(self.velocity)
        if len(formulas) != self.dimension:
            message = f"has {len(formulas)} formulas; send {self.dimension}, separated by commas"
            raise Refusal("MALFORMED_EXPRESSION", message, "velocity", {"found": self.velocity[:80]})
        return tuple(parse(formula, AXES[: self.dimension], "velocity") for formula in formulas)


@dataclass(frozen=True, kw_only=True)
class TransportResult(FunctionalResult):
    u: Array = tensor("float64", ("points",), "the solution at the points")
    points: Array = tensor("float64", ("points", -1), "where the points are")
    cells: Array = tensor(
        "int64", ("cells", -1), "points of each cell: corners in VTK's order, then edges, faces, middle"
    )
    flux: Array = tensor("float64", ("cells", -1), "-k grad(u), mean over each cell")
    peclet: Array = tensor(
        "float64", ("cells",), "|b| h / 2 k p, the largest in each cell: h along the flow, p the degree; 1 is much"
    )
    cell_estimate: Array | None = tensor(
        "float64", ("cells",), "each cell's share of the squared error estimate, where there is one", optional=True
    )
    diffusivity_gradient: Array | None = tensor("float64", ("cells",), "dJ by k of each cell", optional=True)
    reaction_gradient: Array | None = tensor("float64", ("cells",), "dJ by c of each cell", optional=True)
    source_gradient: Array | None = tensor(
        "float64", ("points",), "dJ by f at each point (interpolated)", optional=True
    )
    u_tangent: Array | None = tensor("float64", ("points",), "the derivative of u along the tangents", optional=True)
    prescribed_gradient: Array | None = tensor(
        "float64", ("points",), "dJ by u where it is prescribed, 0 at other points", optional=True
    )


SPEC = Spec(
    name="fem.transport",
    version="1",
    summary="Advection, diffusion and reaction on any cells, P1, P2, Q1 and Q2, SUPG, adjoint gradients.",
    task=TransportTask,
    result=TransportResult,
    factory="models.fem.transport.solve:TransportSolver",
    example=lambda: TransportTask(
        divisions=np.array([6, 6]),
        cell_kind="quadrilateral",
        diffusivity=np.array([0.01]),
        velocity="1, 0.5",
        source="1",
        conditions="boundary: u = 0; right: h = 2, 20",
    ),
    max_batch=16,
    resources=ON_DEMAND,
)
