"""One axis of a grid, as a Fourier series sees it: where its points are, what each weighs, what it resolves.

Lengths are in units of the axis' own box, so that a frequency means the same on every grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array, Refusal


@dataclass(frozen=True, eq=False)
class Axis:
    coordinates: Array  # (points,) float64 in [0, 1]
    weights: Array  # (points,) of the quadrature over the box; their sum is 1
    period: float  # of the series; ≥ 1
    resolved: tuple[int, int]  # the lowest and the highest frequency that the points tell from others
    folded: int = 0  # the frequency that is its own alias, where there is one

    def __len__(self) -> int:
        return len(self.coordinates)


def periodic(points: int) -> Axis:
    """Points j/n of a function with period 1: what `torch.fft` takes the axis for, for odd and even n alike."""
    folded = points // 2 if points % 2 == 0 else 0
    weights = np.full(points, 1 / points)
    return Axis(np.arange(points) / points, weights, 1.0, (-(points // 2), (points - 1) // 2), folded)


def physical(coordinates: Array, period: float = 1.0) -> Axis:
    """Increasing coordinates with both ends of the box among them; weights are the trapezoidal rule's.

    A function of period 1 is transformed exactly on equal steps. Any other one is within O(h²) of its Fourier
    coefficients, on every grid, which is what lets weights go from one grid to another. With a period above 1 the
    function is continued by 0: what domain padding does, but at no cost and on coordinates. Raises `Refusal`
    WRONG_POINTS where they do not increase.
    """
    if not np.all(np.diff(coordinates) > 0):
        message = "do not increase along an axis of their grid; send its nodes, the first coordinate the slowest"
        raise Refusal("WRONG_POINTS", message, "positions")
    steps = np.diff(coordinates) / (coordinates[-1] - coordinates[0])
    weights = np.zeros(len(coordinates))
    weights[:-1] += steps / 2
    weights[1:] += steps / 2
    highest = int(np.ceil(period / (2 * steps.max()) * (1 - 1e-6))) - 1  # strictly below Nyquist, whatever was rounded
    return Axis(np.concatenate([[0.0], np.cumsum(steps)]), weights, period, (-highest, highest))
