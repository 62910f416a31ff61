"""The contract of every neural operator: functions on points in, functions on the same points out.

An operator is *linear in a head over features*. All that asks an operator how sure it is (Laplace, a variance head,
the distance of features) or what it would learn most from (gradient embeddings) needs no more than that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Functions:
    """A batch of functions that are known at the same points; shapes and order as in `pairs.Pairs`."""

    values: Tensor  # (batch, points, channels)
    positions: Tensor  # (points, dim)
    grid: tuple[int, ...] = ()  # empty: scattered points


class Operator(nn.Module, ABC):
    """Inputs and answers are dimensionless here: `scaling` stands between them and the units of the problem."""

    head: nn.Linear  # width → output channels

    @abstractmethod
    def features(self, inputs: Functions) -> Tensor:
        """(batch, points, width): what the head is linear in. Raises `Refusal` for points it cannot take."""

    def prepare(self, targets: Functions) -> None:
        """Take what is not trained from the targets of the training, dimensionless; once, before it starts."""

    def forward(self, inputs: Functions) -> Tensor:
        """(batch, points, output channels)."""
        answer: Tensor = self.head(self.features(inputs))
        return answer


@dataclass(frozen=True, eq=False)
class Prediction:
    """What is believed of each value of the answer: a mean and a standard deviation, in the units of the problem."""

    mean: Tensor  # (batch, points, output channels)
    deviation: Tensor  # likewise, ≥ 0


class Predictor(Protocol):
    """An operator that says how sure it is."""

    def predict(self, inputs: Functions) -> Prediction:
        """Inputs and answer in the units of the problem."""
        ...
