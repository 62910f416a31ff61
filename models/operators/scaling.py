"""Between an operator's dimensionless numbers and the units of a problem, with boundary conditions that always hold.

The answer is  lift(x) + scale · shape(x) · output,  affine in the operator's output: so an uncertainty that is Gaussian
in the output is Gaussian in the answer. Where `shape` is zero the answer is `lift` whatever the operator says
(Lagaris, Likas & Fotiadis 1998, IEEE Trans. Neural Networks 9).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.operators.operator import Functions


@dataclass(frozen=True, eq=False)
class Scaling:
    """Means and scales per channel, (channels,). `clamped` sides of the unit box have u = 0 there, by a factor
    that grows from 0 with unit slope at each of them: "all" or "none"."""

    input_mean: Tensor
    input_scale: Tensor
    output_mean: Tensor  # zero where the sides are clamped
    output_scale: Tensor
    clamped: str = "none"

    def to(self, device: torch.device) -> Scaling:
        return Scaling(
            self.input_mean.to(device),
            self.input_scale.to(device),
            self.output_mean.to(device),
            self.output_scale.to(device),
            self.clamped,
        )

    def inputs(self, raw: Functions) -> Functions:
        return Functions((raw.values - self.input_mean) / self.input_scale, raw.positions, raw.grid)

    def shape(self, positions: Tensor) -> Tensor:
        """(points, 1): the factor of the output at each point."""
        if self.clamped == "none":
            return torch.ones(len(positions), 1, dtype=positions.dtype, device=positions.device)
        return (4 * positions * (1 - positions)).prod(dim=1, keepdim=True)

    def answer(self, output: Tensor, positions: Tensor) -> Tensor:
        """(batch, points, channels) in units, from the operator's output of the same shape."""
        return self.output_mean + self.output_scale * self.shape(positions) * output

    def output(self, answer: Tensor, positions: Tensor) -> Tensor:
        """The operator's output that gives the answer; 0 where no output changes it."""
        shape = self.shape(positions)
        output = (answer - self.output_mean) / (self.output_scale * shape)
        return torch.where(shape == 0, torch.zeros_like(output), output)

    def deviation(self, deviation: Tensor, positions: Tensor) -> Tensor:
        """The standard deviation of the answer, from that of the output."""
        return self.output_scale * self.shape(positions) * deviation
