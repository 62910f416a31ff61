"""A truncated Fourier transform over a grid, axis by axis, on (batch, *grid, channels).

Channels stay last and contiguous, so every step is a batched product of a small matrix with rows as they lie in memory;
between the axes nothing is copied. The last axis goes first, since it is real and so halves the work of all others.
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


def analyse(values: Tensor, matrices: Sequence[Tensor]) -> Tensor:
    """(batch, 2, *frequencies, channels) from (batch, *grid, channels); real parts, then imaginary parts."""
    batch, *grid, channels = values.shape
    *full, half = matrices
    kept = half.shape[0] // 2
    spectrum = _product(half, values.reshape(batch * prod(grid[:-1]), grid[-1], channels))
    frequencies = [kept, channels]
    for axis in reversed(range(len(full))):
        count = full[axis].shape[0] // 2
        spectrum = _product(full[axis], spectrum.view(batch * prod(grid[:axis]), 2 * grid[axis], prod(frequencies)))
        frequencies = [count, *frequencies]
    return spectrum.view(batch, 2, *frequencies)


def synthesise(spectrum: Tensor, matrices: Sequence[Tensor], onto: Tensor) -> Tensor:
    """The function with these coefficients, added to `onto` (batch, *grid, channels), which it may overwrite."""
    batch, *grid, channels = onto.shape
    *full, half = matrices
    frequencies = list(spectrum.shape[2:])
    rows = batch
    for matrix, points in zip(full, grid, strict=False):  # all but the last
        count, *frequencies = frequencies
        spectrum = _product(matrix, spectrum.reshape(rows, 2 * count, prod(frequencies)))
        rows *= points
    spectrum = spectrum.view(rows, half.shape[1], channels)
    onto = onto.view(rows, grid[-1], channels)
    # In mixed precision `onto` and the matrices differ until they are cast, which nothing in place is.
    add = torch.baddbmm if torch.is_autocast_enabled(onto.device.type) else Tensor.baddbmm_
    return add(onto, half.expand(rows, -1, -1), spectrum).view(batch, *grid, channels)


def _product(matrix: Tensor, rows: Tensor) -> Tensor:
    """(batch, m, channels) from (m, n) and (batch, n, channels); `matmul` would copy the rows to fold the batch."""
    return matrix.expand(rows.shape[0], -1, -1).bmm(rows)
