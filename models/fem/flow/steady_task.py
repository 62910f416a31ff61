"""Steady Navier–Stokes flow: the task, its result, and its line in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Spec, scalar, tensor
from models.fem.flow.task import GradientFlowResult, GradientFlowTask


@dataclass(frozen=True, kw_only=True)
class SteadyFlowTask(GradientFlowTask):
    """Find u, p with ρ (u·∇)u − ∇·(2μ ε(u)) + ∇p = f and ∇·u = 0 under the conditions."""

    density: float = scalar(1.0, "ρ ≥ 0; with 0 this is Stokes' problem")
    max_steps: int = scalar(60, "Newton steps at most, those of continuation included")

    def check(self) -> None:
        super().check()
        if self.density < 0:
            raise Refusal("NOT_POSITIVE", f"is {self.density}; send ρ ≥ 0", "density")
        if not 1 <= self.max_steps <= 1000:
            raise Refusal("OUT_OF_RANGE", f"is {self.max_steps}; send 1 to 1000", "max_steps")


@dataclass(frozen=True, kw_only=True)
class SteadyFlowResult(GradientFlowResult):
    density_gradient: Array | None = tensor("float64", (1,), "dJ/dρ", optional=True)
    history: Array = tensor(
        "float64",
        ("steps", 2),
        "for each iterate the share of the density that was tried, and the relative residual",
    )


SPEC = Spec(
    name="fem.navier_stokes",
    version="1",
    summary="Steady Navier–Stokes flow by Newton's method with continuation; drag and lift; adjoint gradients.",
    task=SteadyFlowTask,
    result=SteadyFlowResult,
    factory="models.fem.flow.steady:SteadyFlowSolver",
    example=lambda: SteadyFlowTask(
        shape="channel",
        divisions=np.array([3, 2, 3]),
        viscosity=np.array([1e-3]),
        stress="gradient",
        conditions="inlet: u = 1.2*y*(0.41 - y)/0.41**2, 0; walls: u = 0, 0; cylinder: u = 0, 0",
        body="cylinder",
    ),
    max_batch=16,
    resources=ON_DEMAND,
)
