"""A convolution with a learnt kernel: one complex matrix of channels for each kept frequency.

Complex numbers are pairs of real ones: real products are faster on CPUs, and so they can be stored as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn

from models.operators.spectral.transform import Transform, analyse, synthesise


class DenseKernel(nn.Module):
    """`weight` is (*frequencies, channels in, part, channels out)."""

    def __init__(self, frequencies: Sequence[int], width: int) -> None:
        super().__init__()
        deviation = _deviation(width) / 2**0.5  # of each part
        self.weight = nn.Parameter(torch.randn(*frequencies, width, 2, width) * deviation)

    def forward(self) -> Tensor:
        return self.weight


class TuckerKernel(nn.Module):
    """A core and one factor for each side (Kossaifi et al. 2024, "Multi-grid tensorized Fourier neural operator").

    Sides are channels in, channels out, then the axes; ranks likewise. All end in (…, part).
    """

    def __init__(self, frequencies: Sequence[int], width: int, ranks: Sequence[int]) -> None:
        super().__init__()
        sides = (width, width, *frequencies)
        # Products of one entry of each, summed over all ranks, then deviate as a dense kernel's entries do.
        deviation = (_deviation(width) / prod(ranks) ** 0.5) ** (1 / (len(sides) + 1)) / 2**0.5
        self.core = nn.Parameter(torch.randn(*ranks, 2) * deviation)
        self.factors = nn.ParameterList(
            torch.randn(side, rank, 2) * deviation for side, rank in zip(sides, ranks, strict=True)
        )

    def forward(self) -> Tensor:
        """As `DenseKernel.weight`."""
        kernel = torch.view_as_complex(self.core)
        for factor in self.factors:  # each takes the first side away, and puts its own last
            kernel = torch.tensordot(kernel, torch.view_as_complex(factor), dims=([0], [1]))
        return torch.view_as_real(kernel).permute(*range(2, kernel.ndim), 0, kernel.ndim, 1)


def _deviation(width: int) -> float:
    return float(width**-0.5)


def convolve(values: Tensor, transform: Transform, kernel: Tensor, onto: Tensor) -> Tensor:
    """`values` (batch, *grid, channels) convolved, added to `onto` of the same shape, which it may overwrite."""
    spectrum = analyse(values, transform.analyses)
    return synthesise(multiply(spectrum, kernel), transform.syntheses, onto)


def multiply(spectrum: Tensor, kernel: Tensor) -> Tensor:
    """(batch, 2, *frequencies, channels out): each frequency's channels times its complex matrix.

    Both parts of the spectrum go through both parts of the matrix in one real product, which reads each weight once.
    """
    batch, _, *frequencies, width = spectrum.shape
    out = kernel.shape[-1]
    rows = spectrum.reshape(batch, 2, -1, width).permute(2, 0, 1, 3).reshape(-1, 2 * batch, width)
    products = rows.bmm(kernel.reshape(-1, width, 2 * out)).view(-1, batch, 2, 2, out).permute(2, 3, 1, 0, 4)
    of_real, of_imaginary = products.unbind()
    parts = [of_real[0] - of_imaginary[1], of_real[1] + of_imaginary[0]]
    return torch.stack(parts, dim=1).view(batch, 2, *frequencies, out)
