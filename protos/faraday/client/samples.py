"""Functions and their answers, that operators are trained, calibrated and measured on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faraday.client.tensors import Array, encode
from faraday.v1 import neural_operator_pb2 as pb


@dataclass(frozen=True, eq=False)
class Samples:
    """Functions and their answers, (samples, *grid, channels); or with `positions` and (samples, points, channels), on
    scattered points."""

    inputs: npt.ArrayLike
    targets: npt.ArrayLike
    positions: npt.ArrayLike | None = None

    def write(self, request: pb.TrainRequest | pb.CalibrateRequest | pb.GetMetricsRequest) -> None:
        """Into a request. The points of a grid are those of the unit box where there are no `positions`."""
        inputs, targets = (np.asarray(each, np.float32) for each in (self.inputs, self.targets))
        grid = () if self.positions is not None and inputs.ndim == 3 else inputs.shape[1:-1]
        if self.positions is None:
            axes = [np.linspace(0.0, 1.0, count, dtype=np.float32) for count in grid]
            positions = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(grid))
        else:
            positions = np.asarray(self.positions, np.float32)
        request.inputs.CopyFrom(encode(flat(inputs)))
        request.targets.CopyFrom(encode(flat(targets)))
        request.positions.CopyFrom(encode(positions))
        if grid:
            request.grid.CopyFrom(encode(grid, "int64"))


def flat(values: Array) -> Array:
    """(samples, points, channels) of (samples, *grid, channels)."""
    return values.reshape(len(values), math.prod(values.shape[1:-1]), values.shape[-1])
