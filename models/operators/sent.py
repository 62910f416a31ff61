"""Samples that are sent with a task, in place of those that finite elements make: the fields, of every task that takes
them. Light: no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from models.base import Array, Refusal, Task, tensor
from models.operators.pairs import Pairs
from models.operators.points.lattice import check_lattice


@dataclass(frozen=True, kw_only=True)
class SentTask(Task):
    inputs: Array | None = tensor(
        "float32", ("samples", "points", "channels"), "own data: the functions in", optional=True
    )
    targets: Array | None = tensor(
        "float32", ("samples", "points", "outputs"), "own data: the functions that answer them", optional=True
    )
    positions: Array | None = tensor("float32", ("points", "axes"), "own data: the points", optional=True)
    grid: Array | None = tensor(
        "int64", ("axes",), "own data: nodes along each axis; scattered points if absent", optional=True
    )

    def check_sent(self) -> None:
        """Raises `Refusal` MISSING_TENSOR, OUT_OF_RANGE, WRONG_SIZE, WRONG_POINTS where they are no samples."""
        for name in ("inputs", "targets", "positions"):
            if getattr(self, name) is None:
                raise Refusal("MISSING_TENSOR", "own data have inputs, targets and positions", name, {"tensor": name})
        assert self.positions is not None
        if self.grid is None:
            return
        if len(self.grid) != self.positions.shape[1] or self.grid.min() < 2:
            raise Refusal("OUT_OF_RANGE", "has not 2 nodes or more along each axis", "grid")
        if prod(self.grid.tolist()) != len(self.positions):
            raise Refusal("WRONG_SIZE", f"are {len(self.positions)}, and the grid has others", "positions")
        check_lattice(self.positions, self.grid)

    def check_nothing_sent(self) -> None:
        """Raises `Refusal` UNKNOWN_INPUT."""
        if any(each is not None for each in (self.inputs, self.targets, self.positions, self.grid)):
            raise Refusal("UNKNOWN_INPUT", "data are sent for the problem `own` only", "inputs")

    def sent(self) -> Pairs:
        """Copies, once `check_sent` has passed: arrays of a task are read-only, and PyTorch takes what it may write."""
        assert self.inputs is not None and self.targets is not None and self.positions is not None
        grid = () if self.grid is None else tuple(self.grid.tolist())
        return Pairs(np.array(self.inputs), np.array(self.targets), np.array(self.positions), grid)
