"""A truncated Fourier transform over a grid, axis by axis, on (batch, *grid, channels).

Channels stay last and contiguous, so every step is a batched product of a small matrix with rows as they lie in memory;
between the axes nothing is copied. The last axis goes first, since it is real and so halves the work of all others.
A *line* is what lies along the last axis: a grid has as many as points on its other axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Transform:
    """Matrices of each axis, the last of which is half; see `matrices`."""

    analyses: tuple[Tensor, ...]
    syntheses: tuple[Tensor, ...]


def analyse(values: Tensor, analyses: Sequence[Tensor]) -> Tensor:
    """(batch, 2, *frequencies, channels) from (batch, *grid, channels); real parts, then imaginary parts."""
    batch, *grid, channels = values.shape
    lines = values.reshape(batch * prod(grid[:-1]), grid[-1], channels)
    return analyse_across(_product(analyses[-1], lines), analyses[:-1], grid[:-1], batch)


def synthesise(spectrum: Tensor, syntheses: Sequence[Tensor], onto: Tensor) -> Tensor:
    """The function with these coefficients, added to `onto` (batch, *grid, channels), which it may overwrite."""
    *_, points, channels = onto.shape
    lines = synthesise_across(spectrum, syntheses[:-1])
    shape = (len(lines), points, channels)
    # In mixed precision `onto` and the matrices differ until they are cast, which nothing in place is.
    add = torch.baddbmm if torch.is_autocast_enabled(onto.device.type) else Tensor.baddbmm_
    return add(onto.view(shape), syntheses[-1].expand(len(lines), -1, -1), lines).view(onto.shape)


def analyse_across(lines: Tensor, full: Sequence[Tensor], grid: Sequence[int], batch: int) -> Tensor:
    """All axes but the last, whose lines are transformed: (batch × prod(grid), 2 × frequencies, channels)."""
    _, parts, channels = lines.shape
    frequencies = [parts // 2, channels]
    for axis in reversed(range(len(full))):
        rows = lines.reshape(batch * prod(grid[:axis]), 2 * grid[axis], prod(frequencies))
        lines = _product(full[axis], rows)
        frequencies = [len(full[axis]) // 2, *frequencies]
    return lines.view(batch, 2, *frequencies)


def synthesise_across(spectrum: Tensor, full: Sequence[Tensor]) -> Tensor:
    """All axes but the last: its lines, as `analyse_across` takes them."""
    rows, _, *frequencies = spectrum.shape
    for matrix in full:
        count, *frequencies = frequencies
        spectrum = _product(matrix, spectrum.reshape(rows, 2 * count, prod(frequencies)))
        rows *= len(matrix) // 2
    kept, channels = frequencies
    return spectrum.reshape(rows, 2 * kept, channels)


def _product(matrix: Tensor, rows: Tensor) -> Tensor:
    """(batch, m, channels) from (m, n) and (batch, n, channels); `matmul` would copy the rows to fold the batch."""
    return matrix.expand(len(rows), -1, -1).bmm(rows)
