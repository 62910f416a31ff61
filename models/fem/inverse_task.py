"""Conductivity from measured values of u: the task, its result, and its line in the catalogue.

What is found is a most probable conductivity, given measurements with Gaussian errors of the given deviations and a
Gaussian prior for the logarithm of its ratio to `conductivity`: see `models.fem.log_conductivity`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Result, Spec, scalar, tensor
from models.fem.check import check_between, check_pair, check_range, check_size
from models.fem.measured import MeasuredTask

# A search solves its problem a hundred times: so a tenth of what one solve may have.
MAX_CELLS = {1: 100_000, 2: 25_000}
MAX_STEPS = 200


@dataclass(frozen=True, kw_only=True)
class InverseTask(MeasuredTask):
    """Find k, near `conductivity`, with which u is near to what was measured."""

    patches: Array | None = tensor(
        "int64",
        (-1,),
        "the patch of each cell, from 0: cells of a patch share one factor; absent: each its own",
        optional=True,
    )
    magnitude: float = scalar(1.0, "weight of the mean of m² in the penalty, m = ln(k / conductivity); 1e-6 to 1e6")
    roughness: float = scalar(1.0, "weight of ∫ |∇m|² in the penalty, 0 to 1e6")
    largest_factor: float = scalar(1e4, "how far k may be from `conductivity`, as a factor up or down, 2 to 1e8")
    tolerance: float = scalar(
        1e-3,
        "the search ends where misfit + penalty is this near to its minimum, by convexity; as a part of its value "
        "where that is over 1; 1e-12 to 0.1",
    )
    steps: int = scalar(100, "the most steps of the search, 1 to 200")

    def check(self) -> None:
        cell_count, point_count = self.check_problem()
        self.check_measured()
        self._check_measurements()
        if cell_count > MAX_CELLS[self.degree]:
            limit = MAX_CELLS[self.degree]
            details = {"cells": str(cell_count), "limit": str(limit), "degree": str(self.degree)}
            field = "cells" if self.divisions is None else "divisions"
            message = f"makes {cell_count} cells; send at most {limit} of degree {self.degree} to search over"
            raise Refusal("OUT_OF_RANGE", message, field, details)
        if self.patches is not None:
            check_size("patches", self.patches, (cell_count,), "one per cell")
            check_range("patches", self.patches, cell_count, "patches")
        if point_count is not None:
            self.check_measured_points(point_count)
        for name, value, lowest, highest in (
            ("magnitude", self.magnitude, 1e-6, 1e6),
            ("roughness", self.roughness, 0.0, 1e6),
            ("largest_factor", self.largest_factor, 2.0, 1e8),
            ("tolerance", self.tolerance, 1e-12, 0.1),
            ("steps", self.steps, 1, MAX_STEPS),
        ):
            check_between(name, value, lowest, highest)

    def _check_measurements(self) -> None:
        if self.measured_points is None or len(self.measured_points) == 0:
            message = "is required: points at which u was measured"
            raise Refusal("MISSING_TENSOR", message, "measured_points", {"tensor": "measured_points"})
        # Without deviations there is no telling noise from structure.
        check_pair("measured_points", self.measured_points, "measured_deviations", self.measured_deviations)


@dataclass(frozen=True, kw_only=True)
class InverseResult(Result):
    conductivity: Array = tensor("float64", ("cells",), "k on each cell")
    u: Array = tensor("float64", ("points",), "the solution for it, at the points")
    residuals: Array = tensor("float64", ("measured",), "(u − measured) / deviation")
    objective: Array = tensor(
        "float64", ("history",), "misfit plus penalty before the search and after each of its steps"
    )


SPEC = Spec(
    name="fem.diffusion.inverse",
    version="1",
    summary="Conductivity from measured values of u: regularised least squares on exact discrete adjoints.",
    task=InverseTask,
    result=InverseResult,
    factory="models.fem.inverse:InverseSolver",
    example=lambda: InverseTask(
        divisions=np.array([4, 4]),
        conductivity=np.ones(1),
        source=np.ones(1),
        dirichlet_points=np.arange(5),
        dirichlet_values=np.zeros(5),
        measured_points=np.array([12, 22]),
        measured_values=np.array([0.2, 0.3]),
        measured_deviations=np.array([0.01]),
        patches=np.repeat(np.arange(2), 16),
    ),
    max_batch=1,  # a search is long: the next caller's should be free to go to another replica
    resources=ON_DEMAND,
    stepped=True,
)
