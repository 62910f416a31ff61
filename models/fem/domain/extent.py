"""The refusal of numbers that floating point cannot hold: meshes that are too small or large, and answers."""

from __future__ import annotations

import numpy as np
from skfem import Mesh

from models import schema
from models.base import Refusal, Result
from models.fem.domain.task import DomainTask
from models.fem.mesh import FLATNESS

# Lengths whose cubes, and the energies made of them, are well within floating point.
SMALLEST, LARGEST = 1e-60, 1e60


def refuse_extremes(task: DomainTask, mesh: Mesh) -> None:
    """Raises `Refusal` OUT_OF_RANGE for lengths beyond 1e±60, MESH_DEGENERATE for cells of a shape that are flat."""
    field = "nodes" if task.shape == "own" else "lengths"
    places = mesh.p[:, mesh.t]
    sides = np.ptp(places, axis=1)
    longest = sides.max(axis=0)
    if not (longest.min() > SMALLEST and np.abs(mesh.p).max() < LARGEST):
        message = f"make cells of size {longest.min():.3g} to {longest.max():.3g}; send lengths from 1e-60 to 1e60"
        raise Refusal("OUT_OF_RANGE", message, field)
    if task.shape != "own" and (sides.min(axis=0) / longest).min() < FLATNESS:
        raise Refusal("MESH_DEGENERATE", "make cells that are flat; send lengths nearer to one another", field)


def refuse_overflow(result: Result) -> None:
    """Raises `Refusal` OUT_OF_RANGE where a number in the answer is none."""
    bound = result.evidence.error_bound
    wrong = [name for name, array in schema.flatten(result)[1].items() if not np.isfinite(array).all()]
    if bound is not None and not np.isfinite(bound.value):
        wrong.append("error_bound")
    if wrong:
        raise Refusal(
            "OUT_OF_RANGE",
            "the problem is beyond floating point; choose units in which lengths, coefficients and data are near 1",
            "",
            {"output": wrong[0]},
        )
