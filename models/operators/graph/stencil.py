"""Averages as a network takes them: tensors beside its weights, with where each neighbour is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.base import Array
from models.operators.graph.averages import Averages


@dataclass(frozen=True, eq=False)
class Stencil:
    """Row q of the queries averages its own `splits[q]:splits[q + 1]` of the neighbours."""

    splits: tuple[int, ...]
    queries: Tensor  # (neighbours,) int64, not decreasing
    sources: Tensor  # (neighbours,) int64
    weights: Tensor  # (neighbours, 1)
    places: Tensor  # (neighbours, 2 dim): the step to the neighbour, over the reach; and where the query is


def stencil(averages: Averages, sources: Array, queries: Array, reach: float, like: Tensor) -> Stencil:
    """Of sources (n, d) and queries (m, d), in the type and on the device of `like`."""
    found = averages.neighbours
    at = queries[found.queries]
    places = np.concatenate(((sources[found.indices] - at) / reach, at), axis=1)

    def tensor(array: Array) -> Tensor:
        return torch.as_tensor(array, dtype=like.dtype, device=like.device)

    return Stencil(
        tuple(found.splits.tolist()),
        torch.as_tensor(found.queries, device=like.device),
        torch.as_tensor(found.indices, device=like.device),
        tensor(averages.weights[:, None]),
        tensor(places),
    )
