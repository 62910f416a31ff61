"""The functions of position that a deep operator network combines: learnt, or the modes of its targets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise

import torch
from torch import Tensor, nn

from models.operators.deeponet.config import DeepONet
from models.operators.deeponet.modes import Modes, modes_of
from models.operators.deeponet.multilinear import interpolated
from models.operators.operator import Functions


def mlp(entering: int, width: int, layers: int, leaving: int) -> nn.Sequential:
    """`layers` hidden ones, with GELU after each."""
    sides = [entering, *[width] * layers]
    hidden = [part for a, b in pairwise(sides) for part in (nn.Linear(a, b), nn.GELU())]
    return nn.Sequential(*hidden, nn.Linear(sides[-1], leaving))


class Trunk(nn.Module, ABC):
    """`constants` of its functions come first and are in every answer as they are; the branch weighs the `weighed`."""

    constants: int
    weighed: int

    @abstractmethod
    def forward(self, positions: Tensor) -> Tensor:
        """(points, constants + weighed). Raises ValueError before it is prepared."""

    @abstractmethod
    def first_head(self, output_channels: int) -> nn.Linear:
        """What combines them before training."""

    def prepare(self, targets: Functions) -> None:
        """See `Operator.prepare`."""


class NetworkTrunk(Trunk):
    """An MLP of the position (Lu et al. 2021, arXiv:1910.03193)."""

    constants = 0

    def __init__(self, config: DeepONet) -> None:
        super().__init__()
        self.weighed = config.rank
        self.network = mlp(config.dimension, config.width, config.layers, config.rank)

    def forward(self, positions: Tensor) -> Tensor:
        found: Tensor = self.network(2 * positions - 1)
        return found

    def first_head(self, output_channels: int) -> nn.Linear:
        return nn.Linear(self.weighed, output_channels)


class ModesTrunk(Trunk):
    """The principal modes of the targets, and their mean (POD-DeepONet: Lu et al. 2022, arXiv:2111.05512, 3.1.5).

    Modes are of unit variance in the training, so that the branch learns numbers of the size of 1, and each channel has
    its own. They are kept at knots over the unit box and interpolated, as a network has to be answered at any points:
    that costs an error of the order of (1/knots)².
    """

    at_knots: Tensor  # (knots^dim, channels × (1 + rank)): all means, then all modes by channel

    def __init__(self, config: DeepONet) -> None:
        super().__init__()
        self.constants, self.weighed = config.output_channels, config.output_channels * config.rank
        self._rank, self._knots = config.rank, config.knots
        self.register_buffer("at_knots", torch.zeros(config.knots**config.dimension, self.constants + self.weighed))

    def forward(self, positions: Tensor) -> Tensor:
        if not self.at_knots.any():
            raise ValueError("the trunk has no modes yet: prepare it with the targets of its training")
        return interpolated(self.at_knots, self._knots, positions)

    def first_head(self, output_channels: int) -> nn.Linear:
        """Of the modes of a channel their sum with its mean is the answer."""
        head = nn.Linear(self.constants + self.weighed, output_channels)
        unit = torch.eye(output_channels)
        with torch.no_grad():
            head.weight.copy_(torch.cat((unit, unit.repeat_interleave(self._rank, dim=1)), dim=1))
            head.bias.zero_()
        return head

    def prepare(self, targets: Functions) -> None:
        found: Modes = modes_of(targets, self._rank, self._knots)
        flat = torch.cat((found.mean, found.modes.flatten(start_dim=1)), dim=1)
        self.at_knots.copy_(flat)


TRUNKS: dict[str, type[NetworkTrunk] | type[ModesTrunk]] = {"network": NetworkTrunk, "modes": ModesTrunk}
