"""What an operator says of functions, from all tasks of a batch that it can answer together: one pass for many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from models.base import Array
from models.operators.calibrated import Calibrated
from models.operators.operator import Functions
from models.operators.predict.task import PredictTask
from models.operators.uncertainty.forward import forward

POINTS_AT_ONCE = 2**16  # more at once would not stay in a core's caches


@dataclass(frozen=True, eq=False)
class Said:
    """Of some functions, in the units of the problem; (samples, points, channels) float32."""

    mean: Array
    deviation: Array | None
    score: Array  # (samples,): NaN where the operator has no flag
    far: Array  # (samples,) bool

    def of(self, chosen: slice) -> Said:
        deviation = None if self.deviation is None else self.deviation[chosen]
        return Said(self.mean[chosen], deviation, self.score[chosen], self.far[chosen])


def together(task: PredictTask) -> tuple[object, ...]:
    """Tasks to one operator that say the same here can be answered by one pass."""
    positions = None if task.positions is None else task.positions.tobytes()
    return grid_of(task), positions, task.values.shape[1:], task.uncertainty


def said(operator: Calibrated, tasks: Sequence[PredictTask]) -> list[Said]:
    """Of tasks that go together, in order. Raises `Refusal` for points or channels that the operator cannot take."""
    first = tasks[0]
    values = first.values if len(tasks) == 1 else np.concatenate([task.values for task in tasks])
    positions = _on(operator, nodes(grid_of(first)) if first.positions is None else first.positions)
    step = max(1, POINTS_AT_ONCE // len(positions))
    parts = [
        _pass(operator, Functions(_on(operator, values[at : at + step]), positions, grid_of(first)), first)
        for at in range(0, len(values), step)
    ]
    whole = _joined(parts)
    ends = np.cumsum([len(task.values) for task in tasks]).tolist()
    return [whole.of(slice(begin, end)) for begin, end in zip([0, *ends], ends, strict=False)]


def grid_of(task: PredictTask) -> tuple[int, ...]:
    return () if task.grid is None else tuple(task.grid.tolist())


def _pass(operator: Calibrated, raw: Functions, task: PredictTask) -> Said:
    with torch.inference_mode():
        passed = forward(operator.operator, operator.scaling, raw)
        count = len(raw.values)
        if operator.flag is None:
            score, far = np.full(count, np.nan), np.zeros(count, bool)
        else:
            scores = operator.flag.score_after(passed)
            score, far = scores.double().cpu().numpy(), operator.flag.far(scores).cpu().numpy()
        if operator.method is None or task.uncertainty == "none":
            mean = operator.scaling.answer(passed.output, raw.positions)
            return Said(_numpy(mean), None, score, far)
        prediction = operator.method.prediction(passed)
        return Said(_numpy(prediction.mean), _numpy(prediction.deviation), score, far)


def _joined(parts: Sequence[Said]) -> Said:
    if len(parts) == 1:
        return parts[0]
    deviations = [part.deviation for part in parts if part.deviation is not None]
    return Said(
        np.concatenate([part.mean for part in parts]),
        np.concatenate(deviations) if deviations else None,
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.far for part in parts]),
    )


def _on(operator: Calibrated, array: Array) -> Tensor:
    """Where, and as precise as, the operator's weights. A task's arrays are read-only, and PyTorch wants its own."""
    return torch.from_numpy(np.array(array)).to(operator.operator.head.weight)


def _numpy(tensor: Tensor) -> Array:
    array: Array = tensor.float().cpu().numpy()
    return array


@lru_cache(32)
def nodes(grid: tuple[int, ...]) -> Array:
    """(points, axes) float32: of the grid over the unit box, the first coordinate the slowest."""
    axes = [np.linspace(0.0, 1.0, count, dtype=np.float32) for count in grid]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(grid))
