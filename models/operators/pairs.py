"""What an operator is trained, calibrated and tested on: functions in, and the functions that answer them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from models.base import Array


@dataclass(frozen=True, eq=False)
class Pairs:
    """Samples on shared points. All arrays are float32 in the units of the problem.

    `positions` are the points (points, dim). Where they are the nodes of a grid over a box, `grid` is its shape, with
    both ends of each side on it and the first coordinate the slowest; else it is empty.
    """

    inputs: Array  # (samples, points, input channels)
    targets: Array  # (samples, points, output channels)
    positions: Array  # (points, dim)
    grid: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError where the shapes do not belong together."""
        points = len(self.positions)
        if self.inputs.shape[:2] != self.targets.shape[:2] or self.inputs.shape[1] != points:
            raise ValueError(f"{self.inputs.shape} in, {self.targets.shape} out, {points} points")
        if self.grid and (int(np.prod(self.grid)) != points or len(self.grid) != self.positions.shape[1]):
            raise ValueError(f"a grid {self.grid} is not of {points} points in {self.positions.shape[1]} dimensions")

    def __len__(self) -> int:
        return len(self.inputs)

    def of(self, chosen: Array | slice) -> Pairs:
        """The chosen samples, by index or by mask."""
        return replace(self, inputs=self.inputs[chosen], targets=self.targets[chosen])

    def digests(self) -> frozenset[str]:
        """One digest per sample, of its input and its points: two sets overlap where these do."""
        where = hashlib.sha256(np.ascontiguousarray(self.positions, dtype="<f4").tobytes()).digest()
        return frozenset(
            hashlib.sha256(where + np.ascontiguousarray(sample, dtype="<f4").tobytes()).hexdigest()
            for sample in self.inputs
        )
