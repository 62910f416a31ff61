"""Conformal intervals: bounds that hold for a given part of new functions, whatever the belief is worth.

A belief gives each value a mean and a deviation; how many deviations the bound is away is read off functions that
neither operator nor belief ever saw. Let n be their number, 1 − α the level.

* A *band* holds at all points of a function at once. A function's score is the greatest |error|/deviation in it, and
  the factor the ⌈(n+1)(1−α)⌉-th smallest score (Vovk, Gammerman & Shafer 2005; Lei et al. 2018, arXiv:1604.04173,
  theorem 2.2).
* *Pointwise* bounds hold at a point drawn at random: the expected part of a new function that is outside is at most α.
  With p values each, at most p((n+1)α − 1) of all np scores may be above the factor (Angelopoulos et al. 2022,
  arXiv:2208.02814, theorem 1, with the part outside as the loss); for p = 1 both are the same number.

What holds is *marginal*: on average over calibration sets and new functions, where these are exchangeable (drawn
alike). Nothing is said of one kind of functions among them, of one point, or of functions from elsewhere. Where n is
too small the factor is ∞: that is the truth about so few.
"""

from __future__ import annotations

import math
from collections.abc import Set
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import torch
from torch import Tensor

from models.base import Refusal
from models.operators.operator import Prediction
from models.operators.pairs import Pairs
from models.operators.uncertainty.forward import seen
from models.operators.uncertainty.method import Method

Kind = Literal["pointwise", "band"]
_KINDS: tuple[Kind, ...] = ("pointwise", "band")
_FINEST = 10**6  # levels are understood as fractions of at most this denominator: 0.9 is 9/10


@dataclass(frozen=True, eq=False)
class Conformal:
    """`factor` deviations on either side of the mean; `functions` is n."""

    kind: Kind
    level: float
    factor: float
    functions: int

    @classmethod
    def fit(
        cls, predictor: Method, pairs: Pairs, level: float, *, used: Set[str], kind: Kind = "pointwise"
    ) -> Conformal:
        """`used` are the digests of all pairs that the operator or its belief learnt from (`Pairs.digests`), `level` is
        between 0 and 1. Raises `Refusal` (CALIBRATION_OVERLAPS, OUT_OF_RANGE) before anything is computed."""
        refuse_overlap(pairs, used)
        if not 0 < level < 1:
            raise Refusal("OUT_OF_RANGE", f"is {level}; send a level between 0 and 1", "level", {"value": str(level)})
        scores = _scores(predictor, pairs)
        if kind == "band":
            scores = scores.amax(dim=1, keepdim=True)
        return cls(kind, level, factor(scores, level), len(pairs))

    @classmethod
    def restore(cls, tensors: dict[str, Tensor]) -> Conformal:
        kind = _KINDS[int(tensors["kind"])]
        return cls(kind, float(tensors["level"]), float(tensors["factor"]), int(tensors["functions"]))

    def tensors(self) -> dict[str, Tensor]:
        numbers = {"level": self.level, "factor": self.factor}
        counts = {"kind": _KINDS.index(self.kind), "functions": self.functions}
        double = {name: torch.tensor(value, dtype=torch.float64) for name, value in numbers.items()}
        return double | {name: torch.tensor(value) for name, value in counts.items()}

    def interval(self, prediction: Prediction) -> tuple[Tensor, Tensor]:
        """Low and high, shaped like the mean; equal to it where the deviation is 0."""
        zero = prediction.deviation == 0
        reach = torch.where(zero, 0.0, self.factor * prediction.deviation)
        return prediction.mean - reach, prediction.mean + reach


def refuse_overlap(pairs: Pairs, used: Set[str]) -> None:
    """Raises `Refusal` where a pair was learnt from already: its error is smaller than that of a new one."""
    shared = len(pairs.digests() & used)
    if shared:
        message = f"{shared} of {len(pairs)} functions were trained or fitted on; send others"
        raise Refusal("CALIBRATION_OVERLAPS", message, "calibration", {"shared": str(shared), "sent": str(len(pairs))})


def factor(scores: Tensor, level: float) -> float:
    """Of scores (n, p) ≥ 0: as above."""
    functions, values = scores.shape
    outside = 1 - Fraction(level).limit_denominator(_FINEST)
    above = math.floor(values * ((functions + 1) * outside - 1))
    if above < 0:
        return math.inf
    smallest_first = scores.flatten().sort().values
    return float(smallest_first[scores.numel() - 1 - above]) if above < scores.numel() else 0.0


def _scores(predictor: Method, pairs: Pairs) -> Tensor:
    """(functions, free points · channels): |error| in deviations."""
    scores = []
    for each in seen(predictor.operator, predictor.scaling, pairs):
        mean, deviation = (part[:, each.passed.free] for part in predictor.believe(each.passed))
        scores.append(((each.wanted - mean).abs() / deviation).flatten(1).double())
    return torch.cat(scores)
