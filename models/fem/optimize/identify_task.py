"""Conductivity within bounds from measured values of u: the task, its result, and its line in the catalogue.

As `fem.diffusion.inverse`, for what jumps: total variation in the penalty, and bounds on the conductivity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Result, Spec, scalar, tensor
from models.fem.check import check_pair, check_positive, check_range, check_size
from models.fem.measured import MeasuredTask
from models.fem.optimize.check import check_between, check_cell_count

# A step of Gauss and Newton solves up to two hundred times with one factorisation: so half of what the inverse takes.
MAX_CELLS = {1: 50_000, 2: 12_500}
MAX_STEPS = 1_000


@dataclass(frozen=True, kw_only=True)
class IdentifyTask(MeasuredTask):
    """Find k within bounds, piecewise nearly constant, with which u is near to what was measured.

    With m = ln(k / conductivity) the penalty is ½ m·Q m + variation · TV(m): see `models.fem.log_conductivity` for Q,
    and `models.fem.optimize.variation`.
    """

    patches: Array | None = tensor(
        "int64",
        (-1,),
        "the patch of each cell, from 0: cells of a patch share one factor; absent: each its own",
        optional=True,
    )
    lowest_conductivity: Array = tensor("float64", (-1,), "k is not below: one value > 0, or one per cell")
    highest_conductivity: Array = tensor("float64", (-1,), "k is not above: one value, or one per cell")
    variation: float = scalar(1.0, "weight of the total variation ∫ |Dm| in the penalty, 0 to 1e6")
    rounding: float = scalar(0.05, "ε: jumps of m far below it count by their squares; 1e-3 to 1")
    magnitude: float = scalar(1e-3, "weight of the mean of m² in the penalty; 1e-6 to 1e6")
    roughness: float = scalar(0.0, "weight of ∫ |∇m|² in the penalty, 0 to 1e6")
    tolerance: float = scalar(
        1e-2,
        "the search ends where misfit + penalty is this near to its minimum in the bounds, by convexity; as a part of "
        "its value where that is over 1; 1e-6 to 0.1",
    )
    steps: int = scalar(300, "the most steps of the search, 1 to 1000")

    def check(self) -> None:
        cell_count, point_count = self.check_problem()
        self.check_measured()
        if self.measured_points is None or len(self.measured_points) == 0:
            message = "is required: points at which u was measured"
            raise Refusal("MISSING_TENSOR", message, "measured_points", {"tensor": "measured_points"})
        check_pair("measured_points", self.measured_points, "measured_deviations", self.measured_deviations)
        check_cell_count(cell_count, MAX_CELLS[self.degree], "cells" if self.divisions is None else "divisions")
        if self.patches is not None:
            check_size("patches", self.patches, (cell_count,), "one per cell")
            check_range("patches", self.patches, cell_count, "patches")
        self._check_bounds(cell_count)
        if point_count is not None:
            self.check_measured_points(point_count)
        for name, value, lowest, highest in (
            ("variation", self.variation, 0.0, 1e6),
            ("rounding", self.rounding, 1e-3, 1.0),
            ("magnitude", self.magnitude, 1e-6, 1e6),
            ("roughness", self.roughness, 0.0, 1e6),
            ("tolerance", self.tolerance, 1e-6, 0.1),
            ("steps", self.steps, 1, MAX_STEPS),
        ):
            check_between(name, value, lowest, highest)

    def _check_bounds(self, cell_count: int) -> None:
        for name in ("lowest_conductivity", "highest_conductivity"):
            check_size(name, getattr(self, name), (1, cell_count), "one value, or one per cell")
            check_positive(name, getattr(self, name), "k > 0")
        crossed = ~(self.lowest_conductivity < self.highest_conductivity)
        if crossed.any():
            at = int(np.argmax(crossed))
            low, high = (
                str(values[at if len(values) > 1 else 0])
                for values in (self.lowest_conductivity, self.highest_conductivity)
            )
            raise Refusal(
                "OUT_OF_RANGE",
                f"is {high}, not above the lowest, {low}; send a higher one",
                f"highest_conductivity[{at if len(self.highest_conductivity) > 1 else 0}]",
                {"lowest": low, "highest": high},
            )


@dataclass(frozen=True, kw_only=True)
class IdentifyResult(Result):
    conductivity: Array = tensor("float64", ("cells",), "k on each cell")
    u: Array = tensor("float64", ("points",), "the solution for it, at the points")
    residuals: Array = tensor("float64", ("measured",), "(u − measured) / deviation")
    at_bound: Array = tensor("bool", ("cells",), "whether k is at one of its bounds")
    objective: Array = tensor("float64", ("history",), "misfit plus penalty after each step")


SPEC = Spec(
    name="fem.diffusion.identify",
    version="1",
    summary="Conductivity within bounds from measured values of u, with total variation: for what jumps.",
    task=IdentifyTask,
    result=IdentifyResult,
    factory="models.fem.optimize.identify:IdentifySolver",
    example=lambda: IdentifyTask(
        divisions=np.array([4, 4]),
        conductivity=np.ones(1),
        source=np.ones(1),
        dirichlet_points=np.arange(5),
        dirichlet_values=np.zeros(5),
        measured_points=np.array([12, 22]),
        measured_values=np.array([0.2, 0.3]),
        measured_deviations=np.array([0.01]),
        lowest_conductivity=np.array([0.5]),
        highest_conductivity=np.array([2.0]),
    ),
    max_batch=1,
    resources=ON_DEMAND,
    stepped=True,
)
