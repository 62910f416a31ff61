"""A temperature: one factor on all deviations, found where the truth was never used before.

Of Gaussians the factor T that makes T σ likeliest is known: T² is the mean of ((y − μ)/σ)². It mends the width of a
belief on average and nothing else.

Source: Guo et al. 2017, arXiv:1706.04599, for classes; Laves et al. 2020, PMLR 121, 393-412, for regression.
"""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from models.operators.pairs import Pairs
from models.operators.uncertainty.forward import Pass, seen
from models.operators.uncertainty.method import Method


@final
class Tempered(Method):
    """A method whose deviations are multiplied by `temperature` > 0, a scalar."""

    def __init__(self, method: Method, temperature: Tensor) -> None:
        super().__init__(method.operator, method.scaling)
        self.method = method
        self.temperature = temperature

    @classmethod
    def fit(cls, method: Method, calibration: Pairs) -> Tempered:
        """By pairs that neither the operator nor the method saw."""
        sums, values = 0.0, 0
        for each in seen(method.operator, method.scaling, calibration):
            mean, deviation = method.believe(each.passed)
            free = each.passed.free
            distance = (each.wanted - mean[:, free]) / deviation[:, free]
            sums, values = sums + float(distance.double().square().sum()), values + distance.numel()
        return cls(method, torch.tensor((sums / values) ** 0.5).to(method.operator.head.weight))

    @classmethod
    def restore(cls, method: Method, tensors: dict[str, Tensor]) -> Tempered:
        return cls(method, tensors["temperature"])

    def believe(self, passed: Pass) -> tuple[Tensor, Tensor]:
        mean, deviation = self.method.believe(passed)
        return mean, self.temperature * deviation

    def tensors(self) -> dict[str, Tensor]:
        """Its own only: the method has its own place."""
        return {"temperature": self.temperature}
