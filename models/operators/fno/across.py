"""A convolution between two spectra of lines, in memory that all layers of a run share.

The same products as `spectral.transform` and `spectral.convolution` make; but those make new tensors, as gradients need
them, and of one function of 64² points that took 85 µs a layer beside 115 µs of products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from models.operators.spectral.transform import Transform


@dataclass(frozen=True, eq=False)
class Across:
    """What is bound to one spectrum (batch × prod(grid but the last axis), 2 × frequencies, width) of the lines."""

    lines: Tensor  # of the convolved function, like the spectrum; overwritten by each convolution
    analyses: tuple[_Product, ...]
    gathered: Tensor  # (frequencies, batch, part, width)
    transformed: Tensor  # the same numbers, as the analyses leave them
    rows: Tensor  # the same as `gathered`, (frequencies, 2 × batch, width)
    products: Tensor  # (frequencies, 2 × batch, 2 × width): each part with each part of the kernel
    terms: tuple[tuple[Tensor, Tensor], ...]  # views of them: of the real part and of the imaginary one
    parts: tuple[Tensor, Tensor]  # what becomes of each
    syntheses: tuple[_Product, ...]

    def convolve(self, kernel: Tensor, bias: Tensor) -> Tensor:
        """`lines`, from the spectrum as it is now, the kernel (*frequencies, width, part, width) and the bias (width,),
        which goes to the constant frequency."""
        for product in self.analyses:
            product.run()
        self.gathered.copy_(self.transformed)
        torch.bmm(self.rows, kernel.reshape(len(self.rows), self.rows.shape[-1], -1), out=self.products)
        (real, of_imaginary), (mixed, of_real) = self.terms
        torch.sub(real, of_imaginary, out=self.parts[0])
        torch.add(mixed, of_real, out=self.parts[1])
        for product in self.syntheses:
            product.run()
        self.lines[:, 0] += bias
        return self.lines


def across(spectrum: Tensor, transform: Transform, grid: Sequence[int], batch: int) -> Across:
    """`grid` is without the last axis."""
    analyses, coefficients = _analyses(spectrum, transform.analyses[:-1], grid, batch)
    width = spectrum.shape[-1]
    transformed = coefficients.view(batch, 2, -1, width).permute(2, 0, 1, 3)
    gathered = torch.empty_like(transformed, memory_format=torch.contiguous_format)
    products = spectrum.new_empty(len(gathered), batch, 2, 2, width)  # (…, of the spectrum, of the kernel, width)
    convolved = spectrum.new_empty(batch, 2, len(gathered), width)
    syntheses, lines = _syntheses(convolved, transform, spectrum.shape[1] // 2)
    by_part = products.permute(2, 3, 1, 0, 4)
    return Across(
        lines,
        analyses,
        gathered,
        transformed,
        gathered.view(-1, 2 * batch, width),
        products.view(-1, 2 * batch, 2 * width),
        ((by_part[0, 0], by_part[1, 1]), (by_part[0, 1], by_part[1, 0])),
        (convolved[:, 0], convolved[:, 1]),
        syntheses,
    )


@dataclass(frozen=True, eq=False)
class _Product:
    matrix: Tensor
    rows: Tensor
    out: Tensor

    def run(self) -> None:
        torch.bmm(self.matrix, self.rows, out=self.out)


def _analyses(
    lines: Tensor, full: Sequence[Tensor], grid: Sequence[int], batch: int
) -> tuple[tuple[_Product, ...], Tensor]:
    """The products, as `transform.analyse_across` makes them, and what the last of them leaves."""
    kept = lines.shape[1] // 2 * lines.shape[2]
    steps = []
    for axis in reversed(range(len(full))):
        rows = lines.view(batch * prod(grid[:axis]), 2 * grid[axis], kept)
        lines = lines.new_empty(len(rows), len(full[axis]), kept)
        steps.append(_Product(full[axis].expand(len(rows), -1, -1), rows, lines))
        kept *= len(full[axis]) // 2
    return tuple(steps), lines


def _syntheses(spectrum: Tensor, transform: Transform, kept: int) -> tuple[tuple[_Product, ...], Tensor]:
    """The products, as `transform.synthesise_across` makes them, and the lines that the last of them leaves."""
    full, width = transform.syntheses[:-1], spectrum.shape[-1]
    rows = len(spectrum)
    steps = []
    for matrix in full:
        given = spectrum.view(rows, matrix.shape[1], -1)
        spectrum = given.new_empty(rows, len(matrix), given.shape[2])
        steps.append(_Product(matrix.expand(rows, -1, -1), given, spectrum))
        rows *= len(matrix) // 2
    return tuple(steps), spectrum.view(rows, 2 * kept, width)
