"""The network of a Fourier neural operator, as neuraloperator 2.0.0 lays it out, with channels last.

    lift → [ v ← σ( mix( σ( K v + W v + b ) ) + g ⊙ v ) ] × layers → project → σ → head

K is the spectral convolution, W and the two layers of `mix` act on channels, g scales each; σ is GELU, left out in the
last layer outside `mix`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import prod
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from models.base import Refusal
from models.operators.fno import lines
from models.operators.fno.block import Block
from models.operators.fno.config import FNO
from models.operators.operator import Functions, Operator
from models.operators.spectral.grids import periodic_transform, physical_transform
from models.operators.spectral.transform import Transform

_KEPT = 16  # periodic grids whose points are kept; of 128² they take an eighth of a megabyte


class FourierOperator(Operator):
    def __init__(self, config: FNO) -> None:
        super().__init__()
        self.config = config
        entering = config.input_channels + config.dimension * config.coordinates
        self.lifting = nn.Sequential(
            nn.Linear(entering, config.lifting), nn.GELU(), nn.Linear(config.lifting, config.width)
        )
        self.blocks = nn.ModuleList(Block(config, last=layer == config.layers - 1) for layer in range(config.layers))
        self.projection = nn.Linear(config.width, config.projection)
        self.head = nn.Linear(config.projection, config.output_channels)

    def features(self, inputs: Functions) -> Tensor:
        """Raises `Refusal` WRONG_POINTS, WRONG_CHANNELS."""
        coordinates, transform = self.frame(inputs)
        if torch.is_inference_mode_enabled():
            return lines.features(self._layers(), self.entering(inputs.values, coordinates), inputs.grid, transform)
        return self.hidden(inputs.values, inputs.grid, coordinates, transform)

    def forward(self, inputs: Functions) -> Tensor:
        """In inference mode without all features in memory: the fast way, and the same to rounding."""
        if not torch.is_inference_mode_enabled():
            return super().forward(inputs)
        coordinates, transform = self.frame(inputs)
        entering = self.entering(inputs.values, coordinates)
        return lines.answers(self._layers(), self.head, entering, inputs.grid, transform)

    def frame(self, inputs: Functions) -> tuple[Tensor, Transform]:
        """The coordinates (points, dim) and the transform of a grid: where the points are, for `hidden`.

        Raises as `features`.
        """
        self._check(inputs)
        frames = {"periodic": self._periodic, "physical": self._physical}
        return frames[self.config.basis](inputs)

    def hidden(self, values: Tensor, grid: tuple[int, ...], coordinates: Tensor, transform: Transform) -> Tensor:
        """`features`, as a function of tensors alone."""
        batch, points, _ = values.shape
        hidden = self.lifting(self.entering(values, coordinates)).view(batch, *grid, self.config.width)
        for block in self.blocks:
            hidden = block(hidden, transform)
        return gelu(self.projection(hidden.view(batch, points, self.config.width)))

    def entering(self, values: Tensor, coordinates: Tensor) -> Tensor:
        """(batch, points, channels) of the lifting."""
        if not self.config.coordinates:
            return values
        return torch.cat([values, coordinates.expand(len(values), -1, -1)], dim=-1)

    def _layers(self) -> lines.Layers:
        blocks = tuple(cast(Iterable[Block], self.blocks))
        return lines.Layers(self.lifting, blocks, self.projection)

    def _check(self, inputs: Functions) -> None:
        dimension, channels = self.config.dimension, self.config.input_channels
        points = inputs.values.shape[1]
        if len(inputs.grid) != dimension or min(inputs.grid) < 2 or prod(inputs.grid) != points:
            details = {"grid": str(inputs.grid), "points": str(points), "dimension": str(dimension)}
            message = f"are {points} on a grid {inputs.grid}; send a grid of {dimension} axes, 2 points or more on each"
            raise Refusal("WRONG_POINTS", message, "positions", details)
        if inputs.values.shape[-1] != channels:
            details = {"channels": str(inputs.values.shape[-1]), "wanted": str(channels)}
            message = f"have {inputs.values.shape[-1]} channels; send {channels}"
            raise Refusal("WRONG_CHANNELS", message, "values", details)

    def _periodic(self, inputs: Functions) -> tuple[Tensor, Transform]:
        transform = periodic_transform(inputs.grid, self.config.frequencies, inputs.values)
        return _points(inputs.grid, inputs.values.dtype, inputs.values.device), transform

    def _physical(self, inputs: Functions) -> tuple[Tensor, Transform]:
        lattice = inputs.positions.reshape(*inputs.grid, -1)
        axes = [
            lattice[tuple(slice(None) if axis == other else 0 for other in range(len(inputs.grid)))][:, axis]
            for axis in range(len(inputs.grid))
        ]
        transform = physical_transform(tuple(axes), self.config.period, self.config.frequencies, inputs.values)
        first, last = inputs.positions[0], inputs.positions[-1]
        return ((inputs.positions - first) / (last - first)).to(inputs.values.dtype), transform


@lru_cache(maxsize=_KEPT)
def _points(grid: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """(points, dim) of a periodic grid, the first axis the slowest."""
    with torch.inference_mode(False):  # as of the transforms: whoever asks first, a training may be next
        axes = [torch.arange(points, device=device) / points for points in grid]
        return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).view(-1, len(axes)).to(dtype)
