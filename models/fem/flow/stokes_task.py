"""Stokes flow: −∇·(2μ ε(u)) + ∇p = f, ∇·u = 0. The task, its result, and its line in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Spec
from models.fem.flow.task import GradientFlowResult, GradientFlowTask


@dataclass(frozen=True, kw_only=True)
class StokesTask(GradientFlowTask):
    """Find u, p with −∇·(2μ ε(u)) + ∇p = f and ∇·u = 0 under the conditions."""


@dataclass(frozen=True, kw_only=True)
class StokesResult(GradientFlowResult):
    pass


SPEC = Spec(
    name="fem.stokes",
    version="1",
    summary="Stokes flow with Taylor–Hood elements in 2D and 3D: velocity, pressure, forces, and adjoint gradients.",
    task=StokesTask,
    result=StokesResult,
    factory="models.fem.flow.stokes:StokesSolver",
    example=lambda: StokesTask(
        divisions=np.array([4, 4]),
        viscosity=np.array([1.0]),
        conditions="top: u = 1, 0; left: u = 0, 0; right: u = 0, 0; bottom: u = 0, 0",
    ),
    max_batch=16,
    resources=ON_DEMAND,
)
