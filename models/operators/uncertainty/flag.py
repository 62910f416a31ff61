"""A flag for functions that are unlike all that was trained on: no interval means anything for them.

The score is the spectral distance and, where one is given, the residual of the equation, each divided by its own
threshold; the greater of the two counts, and above 1 it is far. A threshold is the finite-sample quantile of what
functions say that nobody learnt from, so that at most 1 − level of functions drawn like these are flagged. How many
of other functions are, nobody promises.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.uncertainty.conformal import factor
from models.operators.uncertainty.forward import Pass, forward, in_units, seen
from models.operators.uncertainty.spectral import SpectralDistance

# (raw inputs, answer in units (batch, points, channels)) → (batch,) ≥ 0: by how much the answer fails the equation,
# relative to its data. It should not depend on the units, nor much on the resolution.
Residual = Callable[[Functions, Tensor], Tensor]

LEVEL = 0.98


@dataclass(frozen=True, eq=False)
class Flag:
    """`threshold` is of the distance, `residual_threshold` of the residual where there is one."""

    operator: Operator
    scaling: Scaling
    distance: SpectralDistance
    threshold: float
    residual: Residual | None = None
    residual_threshold: float = math.inf

    @classmethod
    def fit(
        cls,
        operator: Operator,
        scaling: Scaling,
        training: Pairs,
        calibration: Pairs,
        *,
        level: float = LEVEL,
        residual: Residual | None = None,
    ) -> Flag:
        """`calibration` are pairs that the operator was not trained on, `level` is between 0 and 1; with a residual
        either score may raise half of the false alarms. Raises ValueError where there are too few pairs for the
        level."""
        distance = SpectralDistance.fit(operator, scaling, training)
        passes = [each.passed for each in seen(operator, scaling, calibration)]
        parts = 1 if residual is None else 2
        each_level = float(1 - (1 - Fraction(level).limit_denominator(10**6)) / parts)
        threshold = _threshold(torch.cat([distance.of(passed) for passed in passes]), each_level)
        if residual is None:
            return cls(operator, scaling, distance, threshold)
        bare = cls(operator, scaling, distance, threshold, residual, 1.0)
        residuals = torch.cat([bare._residual(passed) for passed in passes])
        return cls(operator, scaling, distance, threshold, residual, _threshold(residuals, each_level))

    @classmethod
    def restore(
        cls, operator: Operator, scaling: Scaling, tensors: dict[str, Tensor], residual: Residual | None = None
    ) -> Flag:
        """With the residual that it was fitted with, or none."""
        name = "distance."
        distance = {key.removeprefix(name): each for key, each in tensors.items() if key.startswith(name)}
        thresholds = (float(tensors["threshold"]), residual, float(tensors["residual_threshold"]))
        return cls(operator, scaling, SpectralDistance.restore(distance), *thresholds)

    def tensors(self) -> dict[str, Tensor]:
        thresholds = {"threshold": self.threshold, "residual_threshold": self.residual_threshold}
        double = {name: torch.tensor(value, dtype=torch.float64) for name, value in thresholds.items()}
        return double | {f"distance.{name}": each for name, each in self.distance.tensors().items()}

    def score(self, raw: Functions) -> Tensor:
        """(batch,), above 1 where far. Raises `Refusal` for points that the operator cannot take."""
        return self.score_after(forward(self.operator, self.scaling, raw))

    def score_after(self, passed: Pass) -> Tensor:
        """The score after a pass that was made already."""
        distance = self.distance.of(passed) / self.threshold
        return distance if self.residual is None else torch.maximum(distance, self._residual(passed))

    def far(self, score: Tensor) -> Tensor:
        """(batch,) bool. A score that is not a number is far."""
        return ~(score <= 1)

    def _residual(self, passed: Pass) -> Tensor:
        assert self.residual is not None
        raw = self._raw(passed)
        answer = in_units(self.scaling, passed.answer, passed.answer, raw.positions).mean
        return self.residual(raw, answer) / self.residual_threshold

    def _raw(self, passed: Pass) -> Functions:
        values = passed.inputs.values * self.scaling.input_scale + self.scaling.input_mean
        return Functions(values, passed.inputs.positions, passed.inputs.grid)


def _threshold(scores: Tensor, level: float) -> float:
    found = factor(scores[:, None], level)
    if not math.isfinite(found):
        needed = math.ceil(1 / (1 - level))
        raise ValueError(
            f"{len(scores)} functions cannot tell what one in {needed} is; take that many, or a lower level"
        )
    return found
