"""Navier–Stokes flow in time: the task, its result, and its line in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Spec, scalar, tensor
from models.fem.domain.functional_task import FunctionalResult
from models.fem.flow.task import FlowTask

MAX_STEPS = 10_000


@dataclass(frozen=True, kw_only=True)
class TransientFlowTask(FlowTask):
    """Find u, p with ρ (∂u/∂t + (u·∇)u) − ∇·(2μ ε(u)) + ∇p = f and ∇·u = 0 from t = 0; formulas may speak of t.

    Integrals are of the last u and p.
    """

    density: float = scalar(1.0, "ρ > 0")
    initial: str = scalar("", "u at t = 0, a formula for each component; at rest where empty")
    duration: float = scalar(1.0, "t at the end")
    steps: int = scalar(10, "how many equal time steps lead there")
    every: int = scalar(0, "return the fields after each so many steps; of the last they always are")

    @property
    def formula_names(self) -> tuple[str, ...]:
        return (*super().formula_names, "t")

    def check(self) -> None:
        super().check()
        for name, value in (("density", self.density), ("duration", self.duration)):
            if not value > 0:
                raise Refusal("NOT_POSITIVE", f"is {value}; send a positive number", name)
        if not 1 <= self.steps <= MAX_STEPS:
            raise Refusal("OUT_OF_RANGE", f"is {self.steps}; send 1 to {MAX_STEPS}", "steps")
        if not 0 <= self.every <= self.steps:
            raise Refusal("OUT_OF_RANGE", f"is {self.every}; send 0 to {self.steps}", "every")

    @property
    def saved(self) -> tuple[int, ...]:
        """The steps after which fields are returned."""
        regular = range(self.every, self.steps, self.every) if self.every else ()
        return (*regular, self.steps)


@dataclass(frozen=True, kw_only=True)
class TransientFlowResult(FunctionalResult):
    times: Array = tensor("float64", ("frames",), "of the fields that are returned")
    velocity: Array = tensor("float64", ("frames", "points", "axes"), "u at the points")
    pressure: Array = tensor("float64", ("frames", "nodes"), "p at the nodes, which are the first points")
    points: Array = tensor("float64", ("points", "axes"), "where the points are")
    cells: Array = tensor(
        "int64", ("cells", -1), "points of each cell: corners, then those of edges, faces, the inside"
    )
    body_force: Array | None = tensor(
        "float64", ("steps", "axes"), "the fluid's force on the body after every step", optional=True
    )
    net_outflow: Array = tensor("float64", ("frames",), "∫ u·n over the whole boundary: what volume is made or lost")


SPEC = Spec(
    name="fem.navier_stokes.transient",
    version="1",
    summary="Navier–Stokes flow in time, of second order, with linearised convection; forces on a body at every step.",
    task=TransientFlowTask,
    result=TransientFlowResult,
    factory="models.fem.flow.transient:TransientFlowSolver",
    example=lambda: TransientFlowTask(
        divisions=np.array([3, 3]),
        viscosity=np.array([0.1]),
        conditions="top: u = sin(3*t), 0; left: u = 0, 0; right: u = 0, 0; bottom: u = 0, 0",
        steps=4,
    ),
    max_batch=16,
    resources=ON_DEMAND,
)
