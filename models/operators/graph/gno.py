"""The graph neural operator: layers of learnt averages over neighbourhoods, on any points.

    v₀ = P (a, x),     v ← v + gelu(W v + K V v),     features = gelu(Q v)

with K as in `kernel` (Li et al. 2020, arXiv:2003.03485). The residual is ours: without it four layers of averages are
smooth before they are trained.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from models.base import Array
from models.operators.graph.averages import over_balls, over_nearest
from models.operators.graph.config import GNO
from models.operators.graph.kernel import CHUNK, KernelAverage
from models.operators.graph.stencil import Stencil, stencil
from models.operators.operator import Functions, Operator
from models.operators.points.admit import admit
from models.operators.points.recent import Recent
from models.operators.points.volumes import refuse_coarse, volumes


class Layer(nn.Module):
    def __init__(self, config: GNO, chunk: int) -> None:
        super().__init__()
        self.itself = nn.Linear(config.width, config.width)
        self.mixed = nn.Linear(config.width, config.width, bias=False)
        self.average = KernelAverage(config.dimension, config.width, config.hidden, chunk)

    def forward(self, values: Tensor, near: Stencil) -> Tensor:
        return values + gelu(self.itself(values) + self.average(self.mixed(values), near))


class GraphOperator(Operator):
    """Made by `GNO.build`."""

    def __init__(self, config: GNO, chunk: int = CHUNK) -> None:
        super().__init__()
        self.config = config
        self.lift = nn.Linear(config.input_channels + config.dimension, config.width)
        self.layers = nn.ModuleList(Layer(config, chunk) for _ in range(config.layers))
        self.project = nn.Linear(config.width, config.width)
        self.head = nn.Linear(config.width, config.output_channels)
        self._recent: Recent[Stencil] = Recent()

    def features(self, inputs: Functions) -> Tensor:
        """Raises `Refusal` WRONG_POINTS, WRONG_CHANNELS."""
        admit(inputs, self.config.dimension, self.config.input_channels)
        near = self._recent.of(inputs, self.training, lambda: self._stencil(inputs))
        where = inputs.positions.expand(len(inputs.values), -1, -1)
        values = self.lift(torch.cat((inputs.values, where), dim=2))
        for layer in self.layers:
            values = layer(values, near)
        return gelu(self.project(values))

    def _stencil(self, inputs: Functions) -> Stencil:
        points: Array = inputs.positions.detach().cpu().numpy()
        config = self.config
        of_each = volumes(points, inputs.grid, config.radius)
        if config.nearest:
            averages = over_nearest(points, of_each, points, config.nearest)
        else:
            refuse_coarse(of_each, config.dimension, config.radius, "this operator averages over so much")
            averages = over_balls(points, of_each, points, config.radius)
        return stencil(averages, points, points, config.radius, like=inputs.values)
