"""All that is said of an answer, after one pass: a calibrated belief, bounds, and whether any of it may be relied on.

Three sets of pairs are needed that have nothing in common: what the operator was trained on, what the belief, its
temperature and the flag are fitted on, and what the bounds are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from models.operators.operator import Functions, Operator, Prediction
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.uncertainty import catalog
from models.operators.uncertainty.conformal import Conformal, Kind, refuse_overlap
from models.operators.uncertainty.flag import Flag, Residual
from models.operators.uncertainty.forward import forward
from models.operators.uncertainty.temperature import Tempered

_KINDS: tuple[Kind, ...] = ("pointwise", "band")


@dataclass(frozen=True, eq=False)
class Said:
    """Of a batch, in the units of the problem. Where `far`, neither deviation nor bounds mean anything."""

    prediction: Prediction
    bounds: Sequence[tuple[Tensor, Tensor]]  # low and high, one pair for each of `Calibrated.conformal`
    score: Tensor  # (batch,): of the flag, above 1 where far
    far: Tensor  # (batch,) bool


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A method of `catalog` with its temperature, bounds of one level or several, and a flag."""

    method: Tempered
    conformal: tuple[Conformal, ...]
    flag: Flag

    @classmethod
    def fit(
        cls,
        name: str,
        operator: Operator,
        scaling: Scaling,
        training: Pairs,
        calibration: Pairs,
        third: Pairs,
        *,
        seed: int,
        levels: Sequence[float] = (0.9,),
        others: tuple[Operator, ...] = (),
        residual: Residual | None = None,
    ) -> Calibrated:
        """Bounds are fitted on the `third` set, of each kind for each level. Raises `Refusal` where two of the sets
        share a pair or a level is not between 0 and 1, KeyError for an unknown name, ValueError for too few pairs."""
        refuse_overlap(calibration, training.digests())
        used = training.digests() | calibration.digests()
        refuse_overlap(third, used)
        bare = catalog.load(name).fit(operator, scaling, training, calibration, seed=seed, others=others)
        method = Tempered.fit(bare, calibration)
        conformal = (Conformal.fit(method, third, level, used=used, kind=kind) for level in levels for kind in _KINDS)
        return cls(method, tuple(conformal), Flag.fit(operator, scaling, training, calibration, residual=residual))

    @classmethod
    def restore(
        cls,
        name: str,
        operator: Operator,
        scaling: Scaling,
        tensors: dict[str, Tensor],
        residual: Residual | None = None,
    ) -> Calibrated:
        """From `tensors`, with the operator, the scaling and the residual that it was fitted with."""
        bare = catalog.load(name).restore(operator, scaling, _below("uncertainty.", tensors))
        calibration = _below("calibration.", tensors)
        conformal = (Conformal.restore(_below(f"conformal.{number}.", calibration)) for number in _numbers(calibration))
        method = Tempered.restore(bare, calibration)
        return cls(method, tuple(conformal), Flag.restore(operator, scaling, _below("flag.", calibration), residual))

    def tensors(self) -> dict[str, Tensor]:
        """By dotted names below "uncertainty" and "calibration"."""
        conformal = {
            f"calibration.conformal.{number}.{name}": each
            for number, bounds in enumerate(self.conformal)
            for name, each in bounds.tensors().items()
        }
        return (
            {f"uncertainty.{name}": each for name, each in self.method.method.tensors().items()}
            | {f"calibration.{name}": each for name, each in self.method.tensors().items()}
            | {f"calibration.flag.{name}": each for name, each in self.flag.tensors().items()}
            | conformal
        )

    def say(self, raw: Functions) -> Said:
        """Inputs in the units of the problem. Raises `Refusal` for points that the operator cannot take."""
        passed = forward(self.method.operator, self.method.scaling, raw)
        prediction, score = self.method.prediction(passed), self.flag.score_after(passed)
        bounds = tuple(each.interval(prediction) for each in self.conformal)
        return Said(prediction, bounds, score, self.flag.far(score))


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): each for name, each in tensors.items() if name.startswith(prefix)}


def _numbers(calibration: dict[str, Tensor]) -> list[int]:
    return sorted({int(name.split(".")[1]) for name in calibration if name.startswith("conformal.")})
