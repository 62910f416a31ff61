"""The scaling that makes a set of pairs dimensionless: every channel with mean 0 and deviation 1, or nearly."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch

from models.base import Array
from models.operators.pairs import Pairs
from models.operators.scaling import Scaling


def fitted_scaling(pairs: Pairs, clamped: Literal["none", "all"]) -> Scaling:
    """Of means and deviations over samples and points. Where sides are clamped answers have no mean: it would lift
    them off 0 there."""
    mean = pairs.targets.mean(axis=(0, 1), dtype=np.float64)
    if clamped == "all":
        mean = np.zeros_like(mean)
    spread = np.sqrt(np.mean((pairs.targets - mean) ** 2, axis=(0, 1), dtype=np.float64))
    return Scaling(
        _tensor(pairs.inputs.mean(axis=(0, 1), dtype=np.float64)),
        _tensor(_positive(pairs.inputs.std(axis=(0, 1), dtype=np.float64))),
        _tensor(mean),
        _tensor(_positive(spread)),
        clamped,
    )


def _positive(scale: Array) -> Array:
    """A channel that never changes has no scale of its own."""
    return np.where(scale > 0, scale, 1.0)


def _tensor(values: Array) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))
