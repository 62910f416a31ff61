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
from torch.nn.functional import linear

from models.operators.fno.block import Block
from models.operators.spectral.convolution import multiply
from models.operators.spectral.transform import Transform, analyse_across, synthesise_across

_BUNDLE = 2**17  # numbers of one bundle's values: half a megabyte, so that a core's cache holds what becomes of them

_gelu_ = torch.ops.aten.gelu_


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
    analysis, synthesis = transform.analyses[-1], transform.syntheses[-1]
    current = entering.new_empty(count, grid[-1], width)
    spectrum = entering.new_empty(count, len(analysis), width)
    answer = entering.new_empty(batch * points, (head or layers.projection).out_features)
    bundles = tuple(_bundles(current, spectrum, entering.reshape(-1, channels), answer))
    for bundle in bundles:
        _lift(layers.lifting, bundle)
        bundle.analyse(analysis)
    for block in layers.blocks:
        coefficients = _convolved(block, spectrum, transform, grid, batch)
        for bundle in bundles:
            _layer(block, bundle, coefficients[bundle.lines], synthesis)
            if not block.last:
                bundle.analyse(analysis)
    for bundle in bundles:
        _project(layers.projection, head, bundle)
    return answer.view(batch, points, -1)


@dataclass(frozen=True, eq=False)
class _Bundle:
    """Views of some lines of what a run works on."""

    lines: slice
    values: Tensor  # (lines, points, width)
    rows: Tensor  # the same, (lines × points, width)
    spectrum: Tensor  # (lines, 2 × frequencies, width)
    entering: Tensor  # (lines × points, channels)
    answer: Tensor

    def analyse(self, analysis: Tensor) -> None:
        torch.bmm(analysis.expand(len(self.values), -1, -1), self.values, out=self.spectrum)


def _bundles(values: Tensor, spectrum: Tensor, entering: Tensor, answer: Tensor) -> Iterator[_Bundle]:
    """One for all on an accelerator, which has no use for a cache that is filled by hand."""
    count, points, width = values.shape
    step = max(1, _BUNDLE // (points * width)) if values.device.type == "cpu" else count
    for start in range(0, count, step):
        lines = slice(start, start + step)
        of_rows = slice(start * points, (start + step) * points)
        rows = values.view(-1, width)[of_rows]
        yield _Bundle(lines, values[lines], rows, spectrum[lines], entering[of_rows], answer[of_rows])


def _lift(lifting: nn.Sequential, bundle: _Bundle) -> None:
    first, _, second = cast(tuple[nn.Linear, nn.GELU, nn.Linear], tuple(lifting))
    hidden = _gelu_(first(bundle.entering))
    torch.addmm(second.bias, hidden, second.weight.t(), out=bundle.rows)


def _convolved(block: Block, spectrum: Tensor, transform: Transform, grid: tuple[int, ...], batch: int) -> Tensor:
    """Lines of the convolution's coefficients along the last axis, with its bias in the constant one."""
    before = analyse_across(spectrum, transform.analyses[:-1], grid[:-1], batch)
    lines = synthesise_across(multiply(before, block.kernel()), transform.syntheses[:-1])
    lines[:, 0] += block.skip.bias
    return lines


def _layer(block: Block, bundle: _Bundle, coefficients: Tensor, synthesis: Tensor) -> None:
    """In place."""
    rows = bundle.rows
    hidden = rows.mm(block.skip.weight.t())
    hidden.view_as(bundle.values).baddbmm_(synthesis.expand(len(coefficients), -1, -1), coefficients)
    if not block.last:
        _gelu_(hidden)
    mixing = block.mixing
    if mixing is None:
        rows.copy_(hidden)
        return
    mixed = _gelu_(linear(hidden, mixing.first.weight, mixing.first.bias))
    torch.addcmul(mixing.second.bias, rows, mixing.gate, out=rows)
    rows.addmm_(mixed, mixing.second.weight.t())
    if not block.last:
        _gelu_(rows)


def _project(projection: nn.Linear, head: nn.Linear | None, bundle: _Bundle) -> None:
    if head is None:
        _gelu_(torch.addmm(projection.bias, bundle.rows, projection.weight.t(), out=bundle.answer))
    else:
        features = _gelu_(linear(bundle.rows, projection.weight, projection.bias))
        torch.addmm(head.bias, features, head.weight.t(), out=bundle.answer)
