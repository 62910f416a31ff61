"""One forward pass, with all of it that beliefs and flags are made from: it is run once for all of them.

Beliefs are about the *standardised answer* t: the answer is mean + scale · t, t = shape(x) · output. Errors of
trained operators are nearly even in t, while in the output they grow towards sides where `shape` falls to 0 (measured
for Darcy at 22²: 0.016 to 0.026 against 0.03 to 0.29). Where `shape` is 0 the boundary conditions give the answer,
and nothing is uncertain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from models.operators.operator import Functions, Operator, Prediction
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling

_BATCH = 32  # functions at once where a whole set is passed: some megabytes of features


@dataclass(frozen=True, eq=False)
class Pass:
    """Everything dimensionless."""

    inputs: Functions
    shape: Tensor  # (points, 1)
    features: Tensor  # (batch, points, width)
    output: Tensor  # (batch, points, channels)
    kept: dict[str, Tensor] = field(default_factory=dict)  # what was made of it once, for who needs it again

    @property
    def answer(self) -> Tensor:
        """(batch, points, channels): standardised."""
        return self.shape * self.output

    @property
    def basis(self) -> Tensor:
        """(batch, points, width + 1): what the answer is linear in, with the head's weights and then its bias."""
        return self.shape * torch.cat([self.features, torch.ones_like(self.features[..., :1])], dim=-1)

    @property
    def free(self) -> Tensor:
        """(points,) bool: where the operator has a say."""
        return self.shape[:, 0] > 0


@dataclass(frozen=True, eq=False)
class Seen:
    """A pass whose answer is known. Everything is at the free points only."""

    passed: Pass  # at all points
    wanted: Tensor  # (batch, free points, channels): the standardised answer that would have been right

    @property
    def features(self) -> Tensor:
        return self.passed.features[:, self.passed.free]

    @property
    def basis(self) -> Tensor:
        return self.passed.basis[:, self.passed.free]

    @property
    def error(self) -> Tensor:
        """(batch, free points, channels): wanted − answered."""
        return self.wanted - self.passed.answer[:, self.passed.free]


def forward(operator: Operator, scaling: Scaling, raw: Functions) -> Pass:
    """Without gradients. Raises `Refusal` for points that the operator cannot take."""
    with torch.no_grad():
        inputs = scaling.inputs(raw)
        features = operator.features(inputs)
        return Pass(inputs, scaling.shape(raw.positions), features, operator.head(features))


def functions(operator: Operator, pairs: Pairs) -> Functions:
    """The inputs of the pairs, where and as precise as the operator's weights."""
    values, positions = (torch.as_tensor(each).to(operator.head.weight) for each in (pairs.inputs, pairs.positions))
    return Functions(values, positions, pairs.grid)


def seen(operator: Operator, scaling: Scaling, pairs: Pairs, batch: int = _BATCH) -> Iterator[Seen]:
    """All pairs in order, a batch at a time. Raises ValueError where there is no pair, or no point is free."""
    raw = functions(operator, pairs)
    if len(pairs) == 0 or not bool((scaling.shape(raw.positions) > 0).any()):
        raise ValueError(
            f"{len(pairs)} pairs, whose points the boundary conditions leave no say: nothing to learn from"
        )
    wanted = standardise(scaling, torch.as_tensor(pairs.targets).to(raw.values))
    for first in range(0, len(pairs), batch):
        chosen = slice(first, first + batch)
        passed = forward(operator, scaling, Functions(raw.values[chosen], raw.positions, raw.grid))
        yield Seen(passed, wanted[chosen][:, passed.free])


def standardise(scaling: Scaling, answer: Tensor) -> Tensor:
    """(…, points, channels), from an answer in units."""
    return (answer - scaling.output_mean) / scaling.output_scale


def in_units(scaling: Scaling, mean: Tensor, deviation: Tensor) -> Prediction:
    """Of a standardised answer's mean and deviation, (…, points, channels) each."""
    return Prediction(scaling.output_mean + scaling.output_scale * mean, scaling.output_scale * deviation)
