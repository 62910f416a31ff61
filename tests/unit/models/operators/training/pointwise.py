"""A small operator for tests: each point is answered by itself, from its value and its place."""

from __future__ import annotations

from typing import cast

import msgspec
import torch
from torch import Tensor, nn

from models.operators.architecture import Architecture
from models.operators.operator import Functions, Operator


class PointwiseOperator(Operator):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(3, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.head = nn.Linear(width, 1)

    def features(self, inputs: Functions) -> Tensor:
        places = inputs.positions.expand(len(inputs.values), -1, -1)
        hidden: Tensor = self.hidden(torch.cat([inputs.values, places], dim=-1))
        return hidden


class Pointwise(msgspec.Struct, frozen=True):
    width: int = 8

    def build(self, seed: int) -> PointwiseOperator:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return PointwiseOperator(self.width)


def pointwise() -> Architecture:
    """It has the one method of an architecture, and is none that an artefact may name."""
    return cast(Architecture, Pointwise())
