"""An operator of a few hundred weights that learns in a second: a small network of each point and of a mean of all."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from models.operators.operator import Functions, Operator
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling


class Tiny(Operator):
    def __init__(self, width: int = 8, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.lift = nn.Linear(4, width)
            self.head = nn.Linear(width, 1)

    def features(self, inputs: Functions) -> Tensor:
        mean = inputs.values.mean(dim=1, keepdim=True).expand_as(inputs.values)
        where = inputs.positions.expand(len(inputs.values), -1, -1)
        hidden: Tensor = torch.tanh(self.lift(torch.cat((inputs.values, mean, where), dim=2)))
        return hidden


def plain_scaling(clamped: str = "none") -> Scaling:
    zero, one = torch.zeros(1), torch.ones(1)
    return Scaling(zero, one, zero, one, clamped)


def functions(count: int, side: int = 5, seed: int = 0) -> Functions:
    """Smooth random functions on a grid of side² points."""
    axis = np.linspace(0.0, 1.0, side)
    positions = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    rng = np.random.default_rng(seed)
    waves = np.stack([np.cos(np.pi * (k * positions[:, 0] + m * positions[:, 1])) for k in range(3) for m in range(3)])
    values = rng.standard_normal((count, len(waves))) @ waves
    return Functions(torch.from_numpy(values).float()[..., None], torch.from_numpy(positions).float(), (side, side))


def pairs(count: int, side: int = 5, seed: int = 0) -> Pairs:
    """The answer to a function is half of it plus its mean."""
    given = functions(count, side, seed)
    values = given.values.numpy()
    targets = values / 2 + values.mean(axis=1, keepdims=True)
    return Pairs(values, targets, given.positions.numpy(), given.grid)
