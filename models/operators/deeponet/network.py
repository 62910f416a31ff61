"""The deep operator network: products of what a branch says of the input and a trunk of the place, summed by the head.

u(x) = Σ_k head_k b_k(v) t_k(x) + bias
"""

from __future__ import annotations

import torch
from torch import Tensor

from models.operators.deeponet.config import DeepONet
from models.operators.deeponet.cosines import weighted_cosines
from models.operators.deeponet.trunk import TRUNKS, Trunk, mlp
from models.operators.operator import Functions, Operator
from models.operators.points.admit import admit, admit_box
from models.operators.points.recent import Recent


class BranchTrunk(Operator):
    """Made by `DeepONet.build`."""

    def __init__(self, config: DeepONet) -> None:
        super().__init__()
        self.config = config
        self.trunk: Trunk = TRUNKS[config.trunk](config)
        coefficients = config.modes**config.dimension * config.input_channels
        self.branch = mlp(coefficients, config.width, config.layers, self.trunk.weighed)
        self.head = self.trunk.first_head(config.output_channels)
        self._recent: Recent[Tensor] = Recent()

    def prepare(self, targets: Functions) -> None:
        self.trunk.prepare(targets)

    def features(self, inputs: Functions) -> Tensor:
        """Raises `Refusal` WRONG_POINTS, WRONG_CHANNELS; ValueError where its trunk has to be prepared first."""
        admit(inputs, self.config.dimension, self.config.input_channels)
        admit_box(inputs)
        cosines = self._recent.of(inputs, self.training, lambda: weighted_cosines(inputs, self.config.modes))
        seen = torch.einsum("bpc,pk->bkc", inputs.values, cosines).flatten(start_dim=1)
        weighed = self.branch(seen)
        weights = torch.cat((weighed.new_ones(len(weighed), self.trunk.constants), weighed), dim=1)
        places: Tensor = self.trunk(inputs.positions)
        return weights[:, None] * places
