"""How good an operator is on samples that it never saw: its errors, and what its deviations and intervals are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from models.base import Array
from models.operators.calibrated import Calibrated
from models.operators.operator import Prediction
from models.operators.pairs import Pairs
from models.operators.uncertainty.forward import forward, functions
from models.operators.uncertainty.metrics import LEVELS, assess, observed

LEVEL = 0.9  # of the intervals whose coverage is told
_AT_ONCE = 16  # samples


@dataclass(frozen=True, eq=False)
class Measured:
    """`figures` by name: relative_l2, its mean over samples and relative_l2_p95; of an operator that says how sure it
    is also nll, crps (both in units of the targets' deviation), ece, sharpness, coverage and band_coverage (of its 90 %
    intervals), far (the part that is flagged). `levels` and `observed` draw a reliability diagram; empty without."""

    figures: dict[str, float]
    levels: Array
    observed: Array


def measured(operator: Calibrated, pairs: Pairs) -> Measured:
    mean, deviation, far = _answers(operator, pairs)
    targets = pairs.targets.astype(np.float64)
    errors = np.linalg.norm(mean - targets, axis=(1, 2)) / np.linalg.norm(targets, axis=(1, 2)).clip(min=1e-300)
    figures = {"relative_l2": float(errors.mean()), "relative_l2_p95": float(np.quantile(errors, 0.95))}
    if deviation is None:
        return Measured(figures, np.empty(0), np.empty(0))
    scores = assess(mean, deviation, targets, float(targets.std()) or 1.0)
    figures |= {"nll": scores.nll, "crps": scores.crps, "ece": scores.ece, "sharpness": scores.sharpness}
    figures |= {"far": float(far.mean())} | _coverages(operator, pairs.grid, mean, deviation, targets)
    free = deviation > 0
    told = {name: value for name, value in figures.items() if np.isfinite(value)}
    return Measured(told, LEVELS, observed(mean[free], deviation[free], targets[free]))


def _answers(operator: Calibrated, pairs: Pairs) -> tuple[Array, Array | None, Array]:
    """Mean and deviation (samples, points, channels) in double precision, and the flag."""
    raw = functions(operator.operator, pairs)
    means, deviations, far = [], [], []
    for first in range(0, len(pairs), _AT_ONCE):
        some = type(raw)(raw.values[first : first + _AT_ONCE], raw.positions, raw.grid)
        with torch.inference_mode():
            passed = forward(operator.operator, operator.scaling, some)
            if operator.method is None:
                means.append(operator.scaling.answer(passed.output, raw.positions))
            else:
                prediction = operator.method.prediction(passed)
                means.append(prediction.mean)
                deviations.append(prediction.deviation)
            if operator.flag is not None:
                far.append(operator.flag.far(operator.flag.score_after(passed)))
    deviation = torch.cat(deviations).double().cpu().numpy() if deviations else None
    flagged = torch.cat(far).cpu().numpy() if far else np.zeros(len(pairs), bool)
    return torch.cat(means).double().cpu().numpy(), deviation, flagged


def _coverages(
    operator: Calibrated, grid: tuple[int, ...], mean: Array, deviation: Array, targets: Array
) -> dict[str, float]:
    """Where the boundary conditions give the answer nothing is covered: these points are left out."""
    found = {}
    free = deviation > 0
    belief = Prediction(torch.from_numpy(mean), torch.from_numpy(deviation))
    for name, kind in (("coverage", "pointwise"), ("band_coverage", "band")):
        interval = operator.interval("band" if kind == "band" else "pointwise", LEVEL, grid)
        if interval is None:
            continue
        low, high = (each.numpy() for each in interval.interval(belief))
        inside = ((low <= targets) & (targets <= high)) | ~free
        found[name] = float(inside.all(axis=(1, 2)).mean() if kind == "band" else inside[free].mean())
    return found
