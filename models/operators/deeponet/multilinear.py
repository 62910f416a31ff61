"""Multilinear interpolation from a grid of equal steps over the unit box to any points of it."""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor


def interpolated(at_knots: Tensor, knots: int, positions: Tensor) -> Tensor:
    """(points, …) from values at_knots (knots^dim, …), `knots` along each axis, the last the fastest, at positions
    (points, dim); what lies a little outside of the box is extrapolated."""
    scaled = positions * (knots - 1)
    cell = scaled.floor().clamp(0, knots - 2)
    within = (scaled - cell).to(at_knots.dtype)
    corner = cell.long()
    total = torch.zeros(len(positions), *at_knots.shape[1:], dtype=at_knots.dtype, device=at_knots.device)
    for offset in product((0, 1), repeat=positions.shape[1]):
        up = torch.tensor(offset, device=positions.device)
        number = torch.zeros(len(positions), dtype=torch.int64, device=positions.device)
        for axis in (corner + up).unbind(dim=1):
            number = number * knots + axis
        share = torch.where(up.bool(), within, 1 - within).prod(dim=1)
        total = total + share.reshape(-1, *[1] * (at_knots.ndim - 1)) * at_knots[number]
    return total
