"""A small operator with random features and an exactly fitted head, and functions on a line for it to learn."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.uncertainty.forward import seen

POINTS = 24


class Waves(Operator):
    """cos of random combinations of a point's value and position, and of the function's mean: a hidden layer."""

    def __init__(self, width: int = 12, channels: int = 1, seed: int = 0, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.hidden = nn.Linear(3, width, dtype=dtype)
            self.head = nn.Linear(width, channels, dtype=dtype)

    def features(self, inputs: Functions) -> Tensor:
        mean = torch.trapezoid(inputs.values, inputs.positions, dim=1)[:, None].expand_as(inputs.values)
        positions = inputs.positions.expand(len(inputs.values), -1, -1)
        return torch.cos(2 * self.hidden(torch.cat([inputs.values, positions, mean], dim=-1)))


def lines(
    count: int, seed: int, channels: int = 1, points: int = POINTS, size: float = 1.0, noise: float = 0.05
) -> Pairs:
    """Two waves of random size in; out what is 0 at both ends, and noise that grows along the line."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 1, points)
    sizes = size * rng.standard_normal((count, 2))
    inputs = sizes[:, :1] * np.sin(np.pi * x) + sizes[:, 1:] * np.cos(2 * np.pi * x)
    ends = 4 * x * (1 - x)
    answers = [np.tanh(inputs) + inputs.mean(axis=1, keepdims=True) ** (1 + channel) for channel in range(channels)]
    errors = noise * (0.2 + x) * rng.standard_normal((channels, count, points))
    targets = np.stack([3.0 * ends * (answer + error) for answer, error in zip(answers, errors, strict=True)], axis=-1)
    return Pairs(
        inputs[..., None].astype(np.float32),
        targets.astype(np.float32),
        x[:, None].astype(np.float32),
        (points,),
    )


def scaling(channels: int = 1, clamped: str = "all", dtype: torch.dtype = torch.float64) -> Scaling:
    one = torch.ones(1, dtype=dtype)
    return Scaling(
        0.1 * one, 1.5 * one, torch.zeros(channels, dtype=dtype), torch.full((channels,), 3.0, dtype=dtype), clamped
    )


def fitted(pairs: Pairs, width: int = 12, seed: int = 0, ridge: float = 1e-3) -> tuple[Waves, Scaling]:
    """An operator whose head is the ridge regression of the standardised answers, and the scaling for it."""
    channels = pairs.targets.shape[-1]
    operator, between = Waves(width, channels, seed), scaling(channels)
    rows, wanted = regression(operator, between, pairs)
    weights = torch.linalg.solve(rows.T @ rows + ridge * torch.eye(width + 1).double(), rows.T @ wanted)
    with torch.no_grad():
        operator.head.weight.copy_(weights[:-1].T)
        operator.head.bias.copy_(weights[-1])
    return operator, between


def regression(operator: Operator, between: Scaling, pairs: Pairs) -> tuple[Tensor, Tensor]:
    """Rows and right-hand sides of the linear regression that the head is."""
    every = [*seen(operator, between, pairs)]
    rows = torch.cat([each.basis for each in every]).flatten(0, 1)
    return rows, torch.cat([each.wanted for each in every]).flatten(0, 1)
