"""The intervals of an answer, and what they claim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from models.base import Array, Interval, IntervalKind, Refusal
from models.operators.calibrated import Calibrated
from models.operators.predict.forward import Said, grid_of
from models.operators.predict.task import PredictTask
from models.operators.uncertainty.conformal import Kind

_CONFORMAL = (
    "The functions asked of are drawn as those of the calibration set were, on their grid; then it holds on average "
    "over calibration sets and questions, not for one function, one kind of them or one point."
)
_ELSEWHERE = "It was fitted on functions on another grid ({}); how often it holds on this one nothing tells."
_BELIEVED = "Errors are Gaussian with the deviations told; nothing promises it."
_WITHDRAWN = "Some functions are unlike all that the operator was trained on (`far`): nothing is claimed of them. "
_SOURCE = {
    "pointwise": "Angelopoulos et al. 2022, arXiv:2208.02814, theorem 1",
    "band": "Lei et al. 2018, arXiv:1604.04173, theorem 2.2",
}


@dataclass(frozen=True, eq=False)
class Between:
    """(samples, points, channels) float32 each; infinite where nothing is claimed."""

    low: Array
    high: Array
    claim: Interval


def between(operator: Calibrated, said: Said, task: PredictTask) -> Between | None:
    """None where nothing is said of deviations. Raises `Refusal` NOT_CALIBRATED for bands that were never fitted."""
    if said.deviation is None:
        return None
    factor, claim = _claimed(operator, task)
    reach = np.where(said.deviation > 0, np.float32(factor) * said.deviation, np.float32(0))
    reach[said.far] = np.inf
    if said.far.any():
        claim = Interval(
            claim.level,
            IntervalKind.WITHDRAWN,
            claim.simultaneous,
            claim.calibration_count,
            _WITHDRAWN + claim.conditions,
            claim.source,
        )
    return Between(said.mean - reach, said.mean + reach, claim)


def _claimed(operator: Calibrated, task: PredictTask) -> tuple[float, Interval]:
    """How many deviations, and what that claims."""
    kind: Kind = "band" if task.band == "function" else "pointwise"
    grid = grid_of(task)
    fitted = operator.interval(kind, task.level, grid)
    if fitted is not None and grid not in operator.grids:
        told = _ELSEWHERE.format(" × ".join(map(str, operator.grid)) or "scattered points")
        claim = Interval(fitted.level, IntervalKind.BELIEVED, kind == "band", fitted.functions, told, "")
        return fitted.factor, claim
    if fitted is not None:
        conformal = IntervalKind.CONFORMAL
        claim = Interval(fitted.level, conformal, kind == "band", fitted.functions, _CONFORMAL, _SOURCE[kind])
        return fitted.factor, claim
    if kind == "band":
        message = f"no band of level {task.level:g} was fitted; calibrate the operator with more functions"
        raise Refusal("NOT_CALIBRATED", message, "band", {"level": f"{task.level:g}"})
    factor = float(ndtri((1 + task.level) / 2))
    return factor, Interval(task.level, IntervalKind.BELIEVED, False, 0, _BELIEVED, "")
