"""One layer of a Fourier neural operator: a convolution beside a pointwise map, then a small network on channels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from models.operators.fno.config import FNO
from models.operators.spectral.convolution import DenseKernel, TuckerKernel, convolve
from models.operators.spectral.transform import Transform


class Block(nn.Module):
    def __init__(self, config: FNO, *, last: bool) -> None:
        super().__init__()
        width = config.width
        self.last = last
        self.kernel = (
            TuckerKernel(config.frequencies, width, config.ranks)
            if config.ranks
            else DenseKernel(config.frequencies, width)
        )
        self.skip = nn.Linear(width, width)  # its bias is the convolution's
        self.mixing = Mixing(width, config.mixing) if config.mixing else None

    def forward(self, values: Tensor, transform: Transform) -> Tensor:
        """(batch, *grid, width) in and out."""
        hidden = convolve(values, transform, self.kernel(), onto=self.skip(values))
        if not self.last:
            hidden = gelu(hidden)
        if self.mixing is None:
            return hidden
        hidden = self.mixing(hidden, values)
        return hidden if self.last else gelu(hidden)


class Mixing(nn.Module):
    """A network on channels with one hidden layer, beside what the block was given, scaled by channel."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.first = nn.Linear(width, inner)
        self.second = nn.Linear(inner, width)
        self.gate = nn.Parameter(torch.ones(width))

    def forward(self, hidden: Tensor, values: Tensor) -> Tensor:
        return torch.addcmul(self.second(gelu(self.first(hidden))), self.gate, values)
