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
from torch.func import functional_call

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
    """(batch, numbers) float64. Of all parameters: J v for random directions v, since E vvᵀ = 1.

    J v is the derivative of Jᵀ w in w, applied to v, so that backward passes are enough: one forward, one backward, and
    one more through both for each direction.
    """
    sketch = _sketch(inputs, known, rng)
    own = {name: weight.detach() for name, weight in known.operator.named_parameters()}
    drawn = [[_normal_like(weight, rng) for weight in own.values()] for _ in range(directions)]

    def embed(some: Functions) -> Tensor:
        with torch.enable_grad():
            weights = {name: weight.clone().requires_grad_() for name, weight in own.items()}
            answer = functional_call(known.operator, weights, (known.scaling.inputs(some),))
            dual = torch.zeros_like(answer, requires_grad=True)
            pulled = torch.autograd.grad(answer, list(weights.values()), dual, create_graph=True)
            pushed = [torch.autograd.grad(pulled, dual, direction, retain_graph=True)[0] for direction in drawn]
        return torch.cat([torch.einsum("rp,bpc->brc", sketch.to(each), each).flatten(1) for each in pushed], dim=1)

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
