"""The variance head times the spectral distance: calibrated uncertainty at the price of one pass.

log σ(x) = h(features(x)) + c + β log d: a small network h says where in a function errors are large, the distance d
of the function from the training set (`spectral`) by how much all of them are larger than usual. A power law goes on
growing where the calibration has no functions.

What an operator was trained on tells too little of its errors (they are half as large there, and elsewhere), so h
learns from one part of the calibration set; c and β are fitted on the other, which h never saw. The mean stays as
it is. Source of the likelihood: Nix & Weigend 1994, Proc. ICNN, 55-60.
"""

from __future__ import annotations

from typing import final

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor, nn

from models.base import Array
from models.operators.operator import Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.uncertainty.forward import Pass, seen
from models.operators.uncertainty.method import Method
from models.operators.uncertainty.spectral import SpectralDistance

_HIDDEN = 8  # by 32 the NLL of Darcy at 43² was −3.42 for −3.40, and the head took twice as long
_STEPS = 300
_VALUES = 1024  # a step, drawn at random
_RATE = 3e-3
_DECAY = 1e-2
_FOR_HEAD = 0.7  # of the calibration set
_LEAST = 10  # functions of the calibration set: three of them fit two numbers


@final
class VarianceHead(Method):
    """`center`, `spread` (width,) standardise the features; `first`, `second` are the two layers of h, weight and
    bias together as (out, in + 1); `offset` is c, `power` β ≥ 0."""

    def __init__(
        self,
        operator: Operator,
        scaling: Scaling,
        distance: SpectralDistance,
        standard: tuple[Tensor, Tensor],
        layers: tuple[Tensor, Tensor],
        growth: tuple[Tensor, Tensor],
    ) -> None:
        super().__init__(operator, scaling)
        self.distance = distance
        self.center, self.spread = standard
        self.first, self.second = layers
        self.offset, self.power = growth
        weight = self.first[:, :-1] / self.spread  # of the features as they are: one pass over them fewer
        self._first = torch.cat([weight, (self.first[:, -1] - weight @ self.center)[:, None]], dim=1)

    @classmethod
    def fit(
        cls,
        operator: Operator,
        scaling: Scaling,
        training: Pairs,
        calibration: Pairs,
        *,
        seed: int,
        others: tuple[Operator, ...] = (),
    ) -> VarianceHead:
        """Raises ValueError for fewer than 10 functions to calibrate with."""
        if len(calibration) < _LEAST:
            raise ValueError(f"{len(calibration)} functions to calibrate with are too few; take {_LEAST} or many more")
        distance = SpectralDistance.fit(operator, scaling, training)
        several = int(_FOR_HEAD * len(calibration))
        known = [*seen(operator, scaling, calibration.of(slice(0, several)))]
        features = torch.cat([each.features for each in known]).flatten(0, 1)
        errors = torch.cat([each.error for each in known]).flatten(0, 1)
        logs = torch.cat([distance.of(each.passed).log().repeat_interleave(each.error.shape[1]) for each in known])
        center, spread = features.mean(dim=0), features.std(dim=0).clamp_min(1e-6)
        layers = _train((features - center) / spread, errors, logs, seed)
        zero = torch.zeros_like(center[0])
        unscaled = cls(operator, scaling, distance, (center, spread), layers, (zero, zero))
        growth = _growth(unscaled, calibration.of(slice(several, None)))
        return cls(operator, scaling, distance, (center, spread), layers, growth)

    @classmethod
    def restore(cls, operator: Operator, scaling: Scaling, tensors: dict[str, Tensor]) -> VarianceHead:
        name = "distance."
        distance = {key.removeprefix(name): each for key, each in tensors.items() if key.startswith(name)}
        return cls(
            operator,
            scaling,
            SpectralDistance.restore(distance),
            (tensors["center"], tensors["spread"]),
            (tensors["first"], tensors["second"]),
            (tensors["offset"], tensors["power"]),
        )

    def tensors(self) -> dict[str, Tensor]:
        own = ("center", "spread", "first", "second", "offset", "power")
        distance = {f"distance.{name}": each for name, each in self.distance.tensors().items()}
        return {name: getattr(self, name) for name in own} | distance

    def believe(self, passed: Pass) -> tuple[Tensor, Tensor]:
        logs = _layers(passed.features, self._first, self.second)
        growth = self.offset + self.power * self.distance.of(passed).log()
        return passed.answer, (logs + growth[:, None, None]).exp() * passed.free[:, None]


def _layers(features: Tensor, first: Tensor, second: Tensor) -> Tensor:
    hidden = nn.functional.gelu(nn.functional.linear(features, first[:, :-1], first[:, -1]))
    return nn.functional.linear(hidden, second[:, :-1], second[:, -1])


def _train(standard: Tensor, errors: Tensor, logs: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """h, together with the exponent of the distance so that it does not learn what the distance tells; `logs` are of
    each value's distance. The exponent is fitted again on functions that h did not see, and is let go here."""
    draw = torch.Generator().manual_seed(seed)
    width, channels = standard.shape[1], errors.shape[1]
    first = torch.randn(_HIDDEN, width + 1, generator=draw).to(standard) / width**0.5
    second = torch.zeros(channels, _HIDDEN + 1).to(standard)
    second[:, -1] = errors.square().mean(dim=0).clamp_min(torch.finfo(errors.dtype).tiny).log() / 2
    power = torch.ones(()).to(standard)
    weights = [each.requires_grad_() for each in (first, second, power)]
    optimizer = torch.optim.AdamW(weights, lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, _STEPS)
    for _ in range(_STEPS):
        some = torch.randint(len(errors), (_VALUES,), generator=draw).to(standard.device)
        log_deviation = _layers(standard[some], first, second) + power * logs[some, None]
        loss = (log_deviation + errors[some].square() * torch.exp(-2 * log_deviation) / 2).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return first.detach(), second.detach()


def _growth(head: VarianceHead, others: Pairs) -> tuple[Tensor, Tensor]:
    """c and β ≥ 0 of the greatest likelihood, which is convex in them."""
    squares, logs = [], []
    for each in seen(head.operator, head.scaling, others):
        _, deviation = head.believe(each.passed)
        squares.append((each.error / deviation[:, each.passed.free]).double().square().mean(dim=(1, 2)))
        logs.append(head.distance.of(each.passed).double().log())
    square, log = torch.cat(squares).cpu().numpy(), torch.cat(logs).cpu().numpy()

    def loss(growth: Array) -> tuple[float, Array]:
        exponent = growth[0] + growth[1] * log
        part = square * np.exp(-2 * exponent)
        return float(np.mean(exponent + part / 2)), np.array([np.mean(1 - part), np.mean(log * (1 - part))])

    found = minimize(loss, [np.log(square.mean()) / 2, 0.0], jac=True, bounds=[(None, None), (0.0, None)])
    offset, power = found.x
    return torch.tensor(offset).to(head.center), torch.tensor(power).to(head.center)
