"""Where functions are in the operator's own eyes: its gradients in the parameters, as vectors of a few hundred numbers.

Two functions are alike where learning one changes the answer to the other: the kernel is the trace tr J Jᵀ′ of the
Jacobians of their answers (points × parameters), divided by the number of points (Jacot, Gabriel & Hongler 2018, arXiv
1806.07572). It is the inner product of rows of points × parameters numbers, which random sketches keep on average
(Holzmüller, Zaverkin, Kästner & Steinwart 2023, arXiv 2203.09410, section 3.4; Woodruff 2014).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, jvp

from models.base import Array
from models.operators.acquisition.strategy import Known, in_batches
from models.operators.operator import Functions

Embedding = Callable[[Functions, Known, np.random.Generator], Array]

ROWS = 16  # random combinations of points: with a width of 32, 512 numbers, as many as the paper takes


def head_gradients(inputs: Functions, known: Known, rng: np.random.Generator) -> Array:
    """(batch, numbers) float64. Of the head alone J is the features, times the factor of the output at each point.

    The same state of `rng` gives the same sketch: vectors of two calls belong together only then.
    """
    sketch = _sketch(inputs, known, rng)

    def embed(some: Functions) -> Tensor:
        features = known.operator.features(known.scaling.inputs(some))
        with_bias = torch.cat((features, torch.ones_like(features[..., :1])), dim=2)
        return torch.einsum("rp,bpw->brw", sketch.to(features), with_bias).flatten(1)

    return _array(in_batches(inputs, embed))


def all_gradients(inputs: Functions, known: Known, rng: np.random.Generator, *, directions: int = 16) -> Array:
    """(batch, numbers) float64. Of all parameters, in forward mode: J v for random directions v, since E vvᵀ = 1.

    About three forward passes for each direction.
    """
    sketch = _sketch(inputs, known, rng)
    weights = {name: weight.detach() for name, weight in known.operator.named_parameters()}
    drawn = [{name: _normal_like(weight, rng) for name, weight in weights.items()} for _ in range(directions)]

    def embed(some: Functions) -> Tensor:
        scaled = known.scaling.inputs(some)

        def answer(changed: dict[str, Tensor]) -> Tensor:
            said: Tensor = functional_call(known.operator, changed, (scaled,))
            return said

        tangents = [jvp(answer, (weights,), (direction,))[1] for direction in drawn]
        return torch.cat([torch.einsum("rp,bpc->brc", sketch.to(t), t).flatten(1) for t in tangents], dim=1)

    return _array(in_batches(inputs, embed) / np.sqrt(directions))


def _sketch(inputs: Functions, known: Known, rng: np.random.Generator) -> Tensor:
    """(rows, points) with E SᵀS = diag(factor²)/points."""
    points = len(inputs.positions)
    drawn = torch.from_numpy(rng.standard_normal((ROWS, points)) / np.sqrt(ROWS * points))
    return drawn.to(inputs.positions) * known.scaling.shape(inputs.positions)[:, 0]


def _normal_like(weight: Tensor, rng: np.random.Generator) -> Tensor:
    shape = (*weight.shape, 2) if weight.is_complex() else tuple(weight.shape)
    drawn = torch.from_numpy(rng.standard_normal(shape))
    return (torch.view_as_complex(drawn) if weight.is_complex() else drawn).to(weight)


def _array(found: Tensor) -> Array:
    return np.asarray(found.cpu().numpy(), dtype=np.float64)
