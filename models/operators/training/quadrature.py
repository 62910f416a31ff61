"""What each point of a set of functions weighs in an integral over their domain."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor


def weights(positions: Tensor, grid: tuple[int, ...]) -> Tensor:
    """(points,), of sum 1: the trapezoidal rule on a grid, whose steps may differ; scattered points weigh alike."""
    if not grid:
        return torch.full((len(positions),), 1 / len(positions), dtype=positions.dtype, device=positions.device)
    total = torch.ones((), dtype=positions.dtype, device=positions.device)
    for axis in axes(positions, grid):
        steps = axis.diff() / (axis[-1] - axis[0])
        zero = steps.new_zeros(1)
        total = total[..., None] * (torch.cat((steps, zero)) + torch.cat((zero, steps))) / 2
    return total.reshape(prod(grid))


def axes(positions: Tensor, grid: tuple[int, ...]) -> list[Tensor]:
    """The coordinates (side,) along each side of a grid."""
    found = []
    for axis, side in enumerate(grid):
        stride = prod(grid[axis + 1 :])
        found.append(positions[: side * stride : stride, axis])
    return found
