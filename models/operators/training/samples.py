"""Pairs on a device, with inputs that are dimensionless already."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from models.base import Array
from models.operators.operator import Functions
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling
from models.operators.training import symmetry


@dataclass(frozen=True, eq=False)
class Samples:
    """Made by `samples`."""

    inputs: Functions
    targets: Tensor  # (samples, points, channels) in units

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def points(self) -> int:
        return self.targets.shape[1]

    def of(self, chosen: Array, image: int = 0) -> Samples:
        """The chosen samples under one symmetry of the square; see `symmetry`."""
        index = torch.from_numpy(chosen).to(self.targets.device)
        values, targets = self.inputs.values[index], self.targets[index]
        if image:
            side = self.inputs.grid[0]
            values, targets = symmetry.image(values, side, image), symmetry.image(targets, side, image)
        return Samples(replace(self.inputs, values=values), targets)

    def coarse(self) -> Samples:
        """At every second node along each side of the grid, both ends among them."""
        grid = self.inputs.grid
        skip = (slice(None), *(slice(None, None, 2) for _ in grid))

        def halved(values: Tensor) -> Tensor:  # (n, points, channels)
            return values.view(len(values), *grid, -1)[skip].reshape(len(values), -1, values.shape[-1])

        positions = halved(self.inputs.positions[None])[0]
        inputs = Functions(halved(self.inputs.values), positions, tuple((side + 1) // 2 for side in grid))
        return Samples(inputs, halved(self.targets))


def samples(pairs: Pairs, scaling: Scaling, device: str) -> Samples:
    raw = Functions(torch.tensor(pairs.inputs, device=device), torch.tensor(pairs.positions, device=device), pairs.grid)
    return Samples(scaling.inputs(raw), torch.tensor(pairs.targets, device=device))
