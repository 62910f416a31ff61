"""The transforms of the grids that were met last, as tensors: made once per grid, count of modes, device and dtype."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from models.operators.spectral import axis, matrices
from models.operators.spectral.transform import Transform

_KEPT = 64  # axes; one of 1024 points with 16 modes takes half a megabyte


def periodic_transform(grid: tuple[int, ...], modes: tuple[int, ...], like: Tensor) -> Transform:
    """Of points j/n; `modes` counts the kept frequencies of each axis, of the last one without conjugates."""
    ends = _ends(grid)
    return _transform([_periodic(*each, like.dtype, like.device) for each in zip(grid, modes, ends, strict=True)])


def physical_transform(
    coordinates: tuple[Tensor, ...], period: float, modes: tuple[int, ...], like: Tensor
) -> Transform:
    """Of the grid with these increasing coordinates (points,) of each axis."""
    told = [each.detach().cpu().double().numpy().tobytes() for each in coordinates]
    ends = _ends(modes)
    axes = zip(told, modes, ends, strict=True)
    return _transform([_physical(*each, period, like.dtype, like.device) for each in axes])


def _ends(axes: tuple[int, ...]) -> list[bool]:
    """Whether each is the last."""
    return [False] * (len(axes) - 1) + [True]


def _transform(pairs: list[tuple[Tensor, Tensor]]) -> Transform:
    analyses, syntheses = zip(*pairs, strict=True)
    return Transform(analyses, syntheses)


@lru_cache(maxsize=_KEPT)
def _periodic(points: int, count: int, last: bool, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    return _tensors(axis.periodic(points), count, last, dtype, device)


@lru_cache(maxsize=_KEPT)
def _physical(
    coordinates: bytes, count: int, last: bool, period: float, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    return _tensors(axis.physical(np.frombuffer(coordinates), period), count, last, dtype, device)


def _tensors(of: axis.Axis, count: int, last: bool, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    made = matrices.half(of, count) if last else matrices.full(of, count)
    with torch.inference_mode(False):  # whoever asks first: what is kept must serve a later training, too
        analysis, synthesis = (torch.tensor(np.ascontiguousarray(each), dtype=dtype, device=device) for each in made)
    return analysis, synthesis
