"""The network's features without gradients, a few lines of the grid at a time.

A layer acts on points, or along lines of the last axis, except for the transforms across the other axes, which see few
frequencies only. So each bundle of lines goes through all of a layer and through the first step of the next one's
transform while it lies in the cache, and in place. Nothing is compiled: so it serves any batch and grid on any machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import cast

import torch
from torch import Tensor, nn

from models.operators.fno.across import across
from models.operators.fno.block import Block
from models.operators.spectral.transform import Transform

_BUNDLE = 2**18  # numbers of one bundle's values: a megabyte, so that caches hold it, and calls cost little beside it

_gelu_ = torch.ops.aten.gelu_
_gelu = torch.ops.aten.gelu.out


@dataclass(frozen=True, eq=False)
class Layers:
    lifting: nn.Sequential
    blocks: tuple[Block, ...]
    projection: nn.Linear


def features(layers: Layers, entering: Tensor, grid: tuple[int, ...], transform: Transform) -> Tensor:
    """(batch, points, projection) from what enters the lifting, (batch, points, channels)."""
    return _run(layers, entering, grid, transform, None)


def answers(layers: Layers, head: nn.Linear, entering: Tensor, grid: tuple[int, ...], transform: Transform) -> Tensor:
    """The head of the features, which never are all in memory: new pages for them would cost more than the head."""
    return _run(layers, entering, grid, transform, head)


def _run(
    layers: Layers, entering: Tensor, grid: tuple[int, ...], transform: Transform, head: nn.Linear | None
) -> Tensor:
    batch, points, channels = entering.shape
    count, width = batch * prod(grid[:-1]), layers.projection.in_features
    current = entering.new_empty(count, grid[-1], width)
    spectrum = entering.new_empty(count, len(transform.analyses[-1]), width)
    answer = entering.new_empty(batch * points, (head or layers.projection).out_features)
    bundles = tuple(_bundles(layers, transform, current, spectrum, entering.reshape(-1, channels), answer))
    middle = across(spectrum, transform, grid[:-1], batch)
    for bundle in bundles:
        _lift(layers.lifting, bundle)
        bundle.analyse()
    for block in layers.blocks:
        coefficients = middle.convolve(block.kernel(), block.skip.bias)
        for bundle in bundles:
            _layer(block, bundle, coefficients[bundle.lines])
            if not block.last:
                bundle.analyse()
    for bundle in bundles:
        _project(layers.projection, head, bundle)
    return answer.view(batch, points, -1)


@dataclass(frozen=True, eq=False)
class _Bundle:
    """Some lines of what a run works on; `lifted`, `hidden` with `mixed`, and `projected` share one scratch."""

    lines: slice
    values: Tensor  # (lines, points, width)
    rows: Tensor  # the same, (lines × points, width)
    spectrum: Tensor  # (lines, 2 × frequencies, width)
    entering: Tensor  # (lines × points, channels)
    answer: Tensor
    lifted: Tensor  # (lines × points, lifting)
    hidden: Tensor  # (lines × points, width)
    mixed: Tensor  # (lines × points, mixing)
    projected: Tensor  # (lines × points, projection)
    analysis: Tensor  # (lines, 2 × frequencies, points): one matrix for all lines
    synthesis: Tensor  # (lines, points, 2 × frequencies)

    def analyse(self) -> None:
        torch.bmm(self.analysis, self.values, out=self.spectrum)


def _bundles(
    layers: Layers, transform: Transform, values: Tensor, spectrum: Tensor, entering: Tensor, answer: Tensor
) -> Iterator[_Bundle]:
    """One for all on an accelerator, which has no use for a cache that is filled by hand."""
    count, points, width = values.shape
    step = min(count, max(1, _BUNDLE // (points * width))) if values.device.type == "cpu" else count
    lifting, projection = _pair(layers.lifting)[0].out_features, layers.projection.out_features
    mixing = 0 if layers.blocks[0].mixing is None else layers.blocks[0].mixing.first.out_features
    scratch = values.new_empty(step * points * max(lifting, width + mixing, projection))
    for start in range(0, count, step):
        lines = slice(start, start + step)
        of_rows = slice(start * points, (start + step) * points)
        rows = values.view(-1, width)[of_rows]
        size = len(rows)
        yield _Bundle(
            lines,
            values[lines],
            rows,
            spectrum[lines],
            entering[of_rows],
            answer[of_rows],
            lifted=scratch[: size * lifting].view(size, lifting),
            hidden=scratch[: size * width].view(size, width),
            mixed=scratch[size * width : size * (width + mixing)].view(size, mixing),
            projected=scratch[: size * projection].view(size, projection),
            analysis=transform.analyses[-1].expand(size // points, -1, -1),
            synthesis=transform.syntheses[-1].expand(size // points, -1, -1),
        )


def _lift(lifting: nn.Sequential, bundle: _Bundle) -> None:
    first, second = _pair(lifting)
    _linear(second, _gelu_(_linear(first, bundle.entering, bundle.lifted)), bundle.rows)


def _pair(lifting: nn.Sequential) -> tuple[nn.Linear, nn.Linear]:
    first, _, second = cast(tuple[nn.Linear, nn.GELU, nn.Linear], tuple(lifting))
    return first, second


def _layer(block: Block, bundle: _Bundle, coefficients: Tensor) -> None:
    """In place."""
    rows, hidden = bundle.rows, bundle.hidden
    torch.mm(rows, block.skip.weight.t(), out=hidden)
    hidden.view_as(bundle.values).baddbmm_(bundle.synthesis, coefficients)
    mixing = block.mixing
    if mixing is None:
        if block.last:
            rows.copy_(hidden)
        else:
            _gelu(hidden, out=rows)
        return
    if not block.last:
        _gelu_(hidden)
    mixed = _gelu_(_linear(mixing.first, hidden, bundle.mixed))
    torch.addcmul(mixing.second.bias, rows, mixing.gate, out=rows)
    rows.addmm_(mixed, mixing.second.weight.t())
    if not block.last:
        _gelu_(rows)


def _project(projection: nn.Linear, head: nn.Linear | None, bundle: _Bundle) -> None:
    if head is None:
        _gelu_(_linear(projection, bundle.rows, bundle.answer))
    else:
        _linear(head, _gelu_(_linear(projection, bundle.rows, bundle.projected)), bundle.answer)


def _linear(layer: nn.Linear, rows: Tensor, out: Tensor) -> Tensor:
    return torch.addmm(layer.bias, rows, layer.weight.t(), out=out)
