"""The geometry-informed neural operator: a Fourier operator between two averages (Li et al. 2023, arXiv:2309.00583).

    points → averages over the points near a node → Fourier layers → averages over the nodes near a point → points

Each node is told how much of its ball is domain, where the paper has a signed distance: that needs no surface, only the
points. What a point's own values were goes past the grid to the features, since no grid resolves them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from models.base import Array
from models.operators.fno.block import Block
from models.operators.graph.averages import over_balls
from models.operators.graph.config import GINO
from models.operators.graph.kernel import CHUNK, KernelAverage
from models.operators.graph.stencil import Stencil, stencil
from models.operators.operator import Functions, Operator
from models.operators.points.admit import admit, admit_box
from models.operators.points.recent import Recent
from models.operators.points.volumes import refuse_coarse, volumes
from models.operators.spectral.grids import physical_transform


@dataclass(frozen=True, eq=False)
class Ways:
    """Between points and grid."""

    there: Stencil
    back: Stencil
    nodes: Tensor  # (nodes^dim, 1 + dim): how much of the ball about each is domain, and where it is


class LatentGridOperator(Operator):
    """Made by `GINO.build`."""

    def __init__(self, config: GINO, chunk: int = CHUNK) -> None:
        super().__init__()
        self.config = config
        dim, width = config.dimension, config.width
        self.lift = nn.Linear(config.input_channels + dim, width)
        self.there = KernelAverage(dim, width, config.hidden, chunk)
        self.enter = nn.Linear(width + 1 + dim, width)
        self.blocks = nn.ModuleList(
            Block(config.latent, last=layer == config.layers - 1) for layer in range(config.layers)
        )
        self.back = KernelAverage(dim, width, config.hidden, chunk)
        self.project = nn.Linear(2 * width, width)
        self.head = nn.Linear(width, config.output_channels)
        self._recent: Recent[Ways] = Recent()

    def features(self, inputs: Functions) -> Tensor:
        """Raises `Refusal` WRONG_POINTS, WRONG_CHANNELS."""
        config, batch = self.config, len(inputs.values)
        admit(inputs, config.dimension, config.input_channels)
        admit_box(inputs)
        ways = self._recent.of(inputs, self.training, lambda: self._ways(inputs))
        own = self.lift(torch.cat((inputs.values, inputs.positions.expand(batch, -1, -1)), dim=2))
        nodes = torch.cat((self.there(own, ways.there), ways.nodes.expand(batch, -1, -1)), dim=2)
        hidden = self.enter(nodes).reshape(batch, *self._grid, config.width)
        line = torch.linspace(0, 1, config.nodes, dtype=torch.float64)
        axes = (line,) * config.dimension
        transform = physical_transform(axes, config.period, config.latent.frequencies, inputs.values)
        for block in self.blocks:
            hidden = block(hidden, transform)
        found = self.back(hidden.reshape(batch, -1, config.width), ways.back)
        return gelu(self.project(torch.cat((found, own), dim=2)))

    @property
    def _grid(self) -> tuple[int, ...]:
        return (self.config.nodes,) * self.config.dimension

    def _ways(self, inputs: Functions) -> Ways:
        points: Array = inputs.positions.detach().cpu().numpy()
        radius = self.config.radius
        axes = [np.linspace(0.0, 1.0, nodes) for nodes in self._grid]
        nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, self.config.dimension)
        of_each = volumes(points, inputs.grid, radius)
        refuse_coarse(of_each, self.config.dimension, radius, "this operator averages over so much")
        there = over_balls(points, of_each, nodes, radius)
        back = over_balls(nodes, volumes(nodes, self._grid), points, radius)
        like = inputs.values
        described = np.column_stack((there.coverage, nodes))
        return Ways(
            stencil(there, points, nodes, radius, like),
            stencil(back, nodes, points, radius, like),
            torch.as_tensor(described, dtype=like.dtype, device=like.device),
        )
