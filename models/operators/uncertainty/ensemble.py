"""Deep ensembles: operators trained alike from different seeds, whose disagreement says where they do not know.

The belief is the mixture's mean and variance: the members' mean, and their variance plus what all of them miss alike, a
noise that is likeliest on the calibration set (Lakshminarayanan, Pritzel & Blundell 2017, arXiv:1612.01474, with one
noise for all values in place of a variance head in each member).
"""

from __future__ import annotations

import copy
import math
from typing import final

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from models.operators.operator import Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.uncertainty.forward import Pass, seen
from models.operators.uncertainty.method import Method

_DECADES = 6  # the noise is sought so far below the mean squared error


@final
class Ensemble(Method):
    """`others` are the members beside the operator, at least one; `noise` (channels,) is a variance."""

    def __init__(self, operator: Operator, scaling: Scaling, others: tuple[Operator, ...], noise: Tensor) -> None:
        super().__init__(operator, scaling)
        self.others = others
        self.noise = noise

    @classmethod
    def fit(
        cls,
        operator: Operator,
        scaling: Scaling,
        training: Pairs,
        calibration: Pairs,
        *,
        seed: int = 0,
        others: tuple[Operator, ...] = (),
    ) -> Ensemble:
        """`others` have the operator's architecture and scaling. Raises ValueError where there is none."""
        if not others:
            raise ValueError("an ensemble has at least two members; give it other operators, trained from other seeds")
        bare = cls(operator, scaling, others, torch.zeros_like(operator.head.bias))
        squares, variances = [], []
        for each in seen(operator, scaling, calibration):
            mean, deviation = (part[:, each.passed.free] for part in bare.believe(each.passed))
            squares.append((each.wanted - mean).square().flatten(0, 1).double())
            variances.append(deviation.square().flatten(0, 1).double())
        noise = [_likeliest(s, v) for s, v in zip(torch.cat(squares).T, torch.cat(variances).T, strict=True)]
        return cls(operator, scaling, others, torch.tensor(noise).to(operator.head.bias))

    @classmethod
    def restore(cls, operator: Operator, scaling: Scaling, tensors: dict[str, Tensor]) -> Ensemble:
        """Members are copies of the operator with their own weights."""
        names = operator.state_dict().keys()
        count = sum(name.startswith("member.") for name in tensors) // len(names)
        others = []
        for number in range(count):
            other = copy.deepcopy(operator)
            other.load_state_dict({name: tensors[f"member.{number}.{name}"] for name in names})
            others.append(other)
        return cls(operator, scaling, tuple(others), tensors["noise"])

    def tensors(self) -> dict[str, Tensor]:
        members = {
            f"member.{number}.{name}": each
            for number, other in enumerate(self.others)
            for name, each in other.state_dict().items()
        }
        return {"noise": self.noise} | members

    def believe(self, passed: Pass) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            outputs = torch.stack([passed.output, *(other(passed.inputs) for other in self.others)])
        variance = passed.shape.square() * outputs.var(dim=0) + passed.free[:, None] * self.noise
        return passed.shape * outputs.mean(dim=0), variance.sqrt()


def _likeliest(squares: Tensor, variances: Tensor) -> float:
    """The noise s that makes errors of these squares likeliest, their variances being v + s."""
    square, variance = squares.cpu().numpy(), variances.cpu().numpy()

    def loss(log: float) -> float:
        whole = variance + math.exp(log)
        return float(np.mean(np.log(whole) + square / whole))

    most = math.log(square.mean())
    found = minimize_scalar(loss, bounds=(most - _DECADES * math.log(10), most), method="bounded")
    return math.exp(found.x)
