"""Sketches keep the kernel of the operator's gradients on average, and BADGE's vectors are gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from models.base import Array
from models.operators.acquisition.badge import imagined_gradients
from models.operators.acquisition.embedding import all_gradients, head_gradients
from models.operators.acquisition.strategy import Known
from models.operators.fno.config import FNO
from models.operators.operator import Functions
from tests.unit.models.operators.tiny_operator import Tiny, functions, plain_scaling


def known(clamped: str = "all") -> Known:
    other = Tiny(seed=5)

    def plausible(inputs: Functions) -> Tensor:
        scaling = plain_scaling(clamped)
        return scaling.answer(other(inputs), inputs.positions)[None]

    return Known(Tiny(width=4), plain_scaling(clamped), functions(0), plausible)


def kernel(pool: Functions, asked: Known, names: tuple[str, ...]) -> Array:
    """tr J Jᵀ′/points, by one backward pass for each value of the answers."""
    weights = [weight for name, weight in asked.operator.named_parameters() if name.startswith(names)]
    answer = asked.scaling.answer(asked.operator(pool), pool.positions)
    rows = [
        torch.cat([part.flatten() for part in torch.autograd.grad(value, weights, retain_graph=True)])
        for value in answer.flatten()
    ]
    jacobians = torch.stack(rows).reshape(len(answer), -1).double().numpy()
    return np.asarray(jacobians @ jacobians.T / answer.shape[1])


@pytest.mark.parametrize(
    ("embedding", "names"), [(head_gradients, ("head",)), (all_gradients, ("head", "lift"))], ids=["head", "all"]
)
def test_inner_products_are_the_kernel_on_average(embedding: Callable[..., Array], names: tuple[str, ...]) -> None:
    """The mean of 80 sketches: one is off by about a half here, so their mean by 6 %, and 4 deviations are 25 %."""
    pool, asked = functions(4, side=4), known()
    expected = kernel(pool, asked, names)
    found = np.zeros_like(expected)
    for seed in range(80):
        vectors = embedding(pool, asked, np.random.default_rng(seed))
        found += vectors @ vectors.T / 80
    assert np.abs(found - expected).max() < 0.25 * np.abs(expected).max()


def test_the_same_state_gives_the_same_sketch() -> None:
    pool, asked = functions(4), known()
    whole = head_gradients(pool, asked, np.random.default_rng(3))
    part = head_gradients(functions(2), asked, np.random.default_rng(3))
    assert whole.shape == (4, 16 * 5)
    one = Functions(pool.values[:2], pool.positions, pool.grid)
    assert np.allclose(head_gradients(one, asked, np.random.default_rng(3)), whole[:2], atol=1e-6)
    assert part.shape == (2, 16 * 5)


def test_imagined_gradients_are_those_of_the_squared_loss() -> None:
    pool, asked = functions(3), known()
    vectors = imagined_gradients(pool, asked, np.random.default_rng(0)).reshape(3, 5, 1)
    label = asked.plausible(pool)[0].detach()
    for place in range(3):
        operator = asked.operator
        answer = asked.scaling.answer(operator(pool), pool.positions)
        loss = ((answer - label)[place] ** 2).mean() / 2
        weight, bias = torch.autograd.grad(loss, [operator.head.weight, operator.head.bias])
        assert np.allclose(vectors[place, :4, 0], weight[0].numpy(), atol=1e-6)
        assert vectors[place, 4, 0] == pytest.approx(float(bias), abs=1e-6)


def test_a_fourier_operator_has_gradients_in_all_of_its_weights() -> None:
    """Its kernels are complex, and it looks at the points' coordinates while it is differentiated."""
    operator = FNO(modes=(3, 3), width=4, layers=2, lifting=6, mixing=2, projection=5).build(0).requires_grad_(False)
    pool, asked = functions(3), Known(operator, plain_scaling(), functions(0))
    vectors = all_gradients(pool, asked, np.random.default_rng(0), directions=3)
    assert vectors.shape == (3, 3 * 16)
    changed = all_gradients(pool, replace(asked, scaling=plain_scaling("all")), np.random.default_rng(0), directions=3)
    assert np.isfinite(vectors).all() and not np.allclose(vectors, changed)
