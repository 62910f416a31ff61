"""The eight symmetries of the unit square, for scalar functions on a square grid.

A problem that has them (Darcy: its operator, its source and its conditions) answers the image of an input by the same
image of the answer: each sample is eight.
"""

from __future__ import annotations

from torch import Tensor

COUNT = 8


def image(values: Tensor, side: int, which: int) -> Tensor:
    """Of values (batch, side², channels): transposed and reflected as the three bits of `which` say."""
    square = values.view(len(values), side, side, -1)
    if which & 1:
        square = square.transpose(1, 2)
    flipped = [axis for axis, bit in ((1, 2), (2, 4)) if which & bit]
    return square.flip(flipped).reshape(values.shape) if flipped else square.reshape(values.shape)
