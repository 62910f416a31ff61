"""Measured values of u, and how far a field is from them: the misfit ½ Σ ((u − measured) / deviation)²."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array, tensor
from models.fem.check import check_pair, check_positive, check_range, check_size
from models.fem.session_task import SessionTask


@dataclass(frozen=True, kw_only=True)
class MeasuredTask(SessionTask):
    """A diffusion problem, and what was measured of its solution."""

    measured_points: Array | None = tensor(
        "int64", ("measured",), "points at which u was measured; one may occur more than once", optional=True
    )
    measured_values: Array | None = tensor("float64", ("measured",), "what was measured there", optional=True)
    measured_deviations: Array | None = tensor(
        "float64", (-1,), "standard deviations of these values, > 0: one, or one for each; 1 if absent", optional=True
    )

    def check_measured(self) -> None:
        """Raises `Refusal` MISSING_TENSOR, WRONG_SIZE, NOT_POSITIVE or NOT_A_UUID."""
        check_pair("measured_points", self.measured_points, "measured_values", self.measured_values)
        if self.measured_deviations is not None:
            check_pair("measured_deviations", self.measured_deviations, "measured_points", self.measured_points)
            check_size("measured_deviations", self.measured_deviations, (1, _count(self)), "one, or one for each")
            check_positive("measured_deviations", self.measured_deviations, "a deviation > 0")
        self.check_session()

    def check_measured_points(self, point_count: int) -> None:
        """Raises `Refusal` OUT_OF_RANGE: what needs the number of points, which the solver counts."""
        if self.measured_points is not None:
            check_range("measured_points", self.measured_points, point_count, "points")


@dataclass(frozen=True, eq=False)
class Measurements:
    """Values with their deviations at points."""

    points: Array  # (measured,)
    values: Array  # (measured,)
    deviations: Array  # (measured,)

    def residuals(self, u: Array) -> Array:
        """(measured,): (u − measured) / deviation, dimensionless."""
        return np.asarray((u[self.points] - self.values) / self.deviations)

    def misfit(self, u: Array) -> float:
        residuals = self.residuals(u)
        return float(residuals @ residuals) / 2

    def misfit_gradient(self, u: Array) -> Array:
        """(points,): the derivative of the misfit by u."""
        return np.bincount(self.points, weights=self.residuals(u) / self.deviations, minlength=len(u))

    def curvature(self, direction: Array) -> Array:
        """(points,): the misfit's second derivative by u, along a direction (points,)."""
        weights = direction[self.points] / self.deviations**2
        return np.bincount(self.points, weights=weights, minlength=len(direction))


def measurements(task: MeasuredTask) -> Measurements:
    """Of a task that was checked; none where it has none."""
    if task.measured_points is None or task.measured_values is None:
        return Measurements(np.zeros(0, dtype=np.int64), np.zeros(0), np.ones(0))
    deviations = np.ones(1) if task.measured_deviations is None else task.measured_deviations
    return Measurements(
        task.measured_points, task.measured_values, np.broadcast_to(deviations, task.measured_values.shape)
    )


def _count(task: MeasuredTask) -> int:
    return 0 if task.measured_points is None else len(task.measured_points)
