"""A flag for functions that are unlike all that was trained on: no interval means anything for them.

The score is the spectral distance and, where one is given, the residual of the equation, each divided by its own
threshold; the greater of the two counts, and above 1 it is far. A threshold is the finite-sample quantile of what
functions say that nobody learnt from, so that at most 1 − level of functions drawn like these are flagged, on each
grid that they were seen on: a residual is the greater the finer the grid is. How many of other functions are flagged,
or of these on other grids, nobody promises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import torch
from torch import Tensor

from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.uncertainty.conformal import factor
from models.operators.uncertainty.forward import Pass, forward, seen
from models.operators.uncertainty.spectral import SpectralDistance

# (raw inputs, answer in units (batch, points, channels)) → (batch,) ≥ 0: by how much the answer fails the equation,
# relative to its data. It should not depend on the units.
Residual = Callable[[Functions, Tensor], Tensor]

LEVEL = 0.98
_MOST_AXES = 3


@dataclass(frozen=True)
class Thresholds:
    distance: float
    residual: float = math.inf  # where there is none


@dataclass(frozen=True, eq=False)
class Flag:
    operator: Operator
    scaling: Scaling
    distance: SpectralDistance
    thresholds: Mapping[tuple[int, ...], Thresholds] = field(default_factory=dict)  # by the nodes along each axis
    residual: Residual | None = None

    @classmethod
    def fit(
        cls,
        operator: Operator,
        scaling: Scaling,
        training: Pairs,
        calibration: Pairs,
        *elsewhere: Pairs,
        level: float = LEVEL,
        residual: Residual | None = None,
    ) -> Flag:
        """`calibration` are pairs that the operator was not trained on, `elsewhere` such on other grids, `level` is
        between 0 and 1; with a residual either score may raise half of the false alarms. Raises ValueError where there
        are fewer pairs than `needed`."""
        bare = cls(operator, scaling, SpectralDistance.fit(operator, scaling, training), residual=residual)
        parts = 1 if residual is None else 2
        each_level = float(1 - (1 - Fraction(level).limit_denominator(10**6)) / parts)
        return replace(
            bare, thresholds={pairs.grid: bare._thresholds(pairs, each_level) for pairs in (calibration, *elsewhere)}
        )

    @classmethod
    def restore(
        cls, operator: Operator, scaling: Scaling, tensors: Mapping[str, Tensor], residual: Residual | None = None
    ) -> Flag:
        """With the residual that it was fitted with, or none."""
        name = "distance."
        distance = {key.removeprefix(name): each for key, each in tensors.items() if key.startswith(name)}
        rows = zip(tensors["grids"].tolist(), tensors["thresholds"].tolist(), strict=True)
        thresholds = {tuple(filter(None, grid)): Thresholds(*row) for grid, row in rows}
        return cls(operator, scaling, SpectralDistance.restore(distance), thresholds, residual)

    def tensors(self) -> dict[str, Tensor]:
        """ "grids" (grids, 3), filled up with 0; "thresholds" (grids, 2), or (grids, 1) without a residual."""
        grids = [[*grid, *(0,) * (_MOST_AXES - len(grid))] for grid in self.thresholds]
        columns = ("distance",) if self.residual is None else ("distance", "residual")
        rows = [[getattr(each, name) for name in columns] for each in self.thresholds.values()]
        told = {"grids": torch.tensor(grids), "thresholds": torch.tensor(rows, dtype=torch.float64)}
        return told | {f"distance.{name}": each for name, each in self.distance.tensors().items()}

    def score(self, raw: Functions) -> Tensor:
        """(batch,), above 1 where far. Raises `Refusal` for points that the operator cannot take."""
        return self.score_after(forward(self.operator, self.scaling, raw))

    def score_after(self, passed: Pass) -> Tensor:
        """The score after a pass that was made already."""
        thresholds = self._for(passed.inputs.grid)
        distance = self.distance.of(passed) / thresholds.distance
        if self.residual is None:
            return distance
        return torch.maximum(distance, self._residual(self.residual, passed) / thresholds.residual)

    def far(self, score: Tensor) -> Tensor:
        """(batch,) bool. A score that is not a number is far."""
        return ~(score <= 1)

    def _for(self, grid: tuple[int, ...]) -> Thresholds:
        """On a grid that has none, of the next finer one, and of the finest where there is none."""
        if grid in self.thresholds:
            return self.thresholds[grid]
        finer = [each for each in self.thresholds if math.prod(each) >= math.prod(grid)]
        return self.thresholds[min(finer, key=math.prod) if finer else max(self.thresholds, key=math.prod)]

    def _thresholds(self, pairs: Pairs, level: float) -> Thresholds:
        passes = [each.passed for each in seen(self.operator, self.scaling, pairs)]
        distance = _threshold(torch.cat([self.distance.of(passed) for passed in passes]), level)
        if self.residual is None:
            return Thresholds(distance)
        residuals = torch.cat([self._residual(self.residual, passed) for passed in passes])
        return Thresholds(distance, _threshold(residuals, level))

    def _residual(self, residual: Residual, passed: Pass) -> Tensor:
        raw = self._raw(passed)
        return residual(raw, self.scaling.answer(passed.output, raw.positions))

    def _raw(self, passed: Pass) -> Functions:
        values = passed.inputs.values * self.scaling.input_scale + self.scaling.input_mean
        return Functions(values, passed.inputs.positions, passed.inputs.grid)


def needed(level: float, residual: Residual | None) -> int:
    """How many functions tell what one in so many is."""
    parts = 1 if residual is None else 2
    return math.ceil(parts / (1 - Fraction(level).limit_denominator(10**6))) - 1


def _threshold(scores: Tensor, level: float) -> float:
    found = factor(scores[:, None], level)
    if not math.isfinite(found):
        rare = math.ceil(1 / (1 - level))
        raise ValueError(f"{len(scores)} functions cannot tell what one in {rare} is; take that many, or a lower level")
    return found
