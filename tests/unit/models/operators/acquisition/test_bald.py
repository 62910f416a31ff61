"""BALD against exact Bayesian regression, where information has a closed form."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from models.base import Array
from models.operators.acquisition.bald import Bald, information
from models.operators.acquisition.strategy import Known
from models.operators.operator import Functions
from tests.unit.models.operators.tiny_operator import Tiny, functions, plain_scaling

NOISE = 0.3


def posterior_root(width: int, seed: int = 0) -> Array:
    """(width, width): a square root of the covariance of the weights."""
    return np.random.default_rng(seed).standard_normal((width, width)) / 3


def draws(features: Array, root: Array) -> Array:
    """(2 width, batch, points): answers at mean ± √width × each column: with exactly the covariance of the answers."""
    changes = np.concatenate((root, -root), axis=1) * np.sqrt(root.shape[1])
    return np.moveaxis(features @ changes, -1, 0)


def setting(count: int) -> tuple[Functions, Array, Array, Known]:
    pool, operator = functions(count, side=3), Tiny(width=4)
    with torch.no_grad():
        features = operator.features(pool).double().numpy()
    root = posterior_root(4)

    def plausible(inputs: Functions) -> Tensor:
        with torch.no_grad():
            return torch.from_numpy(draws(operator.features(inputs).double().numpy(), root))[..., None]

    return pool, features, root, Known(operator, plain_scaling(), functions(0), plausible)


def exact(features: Array, root: Array, chosen: list[int]) -> float:
    """½ ln det(1 + Φ Σ Φᵀ/σ²) of the stacked points of the chosen functions."""
    stacked = features[chosen].reshape(-1, features.shape[2]) @ root
    return float(np.linalg.slogdet(np.eye(len(stacked)) + stacked @ stacked.T / NOISE**2)[1] / 2)


def test_the_information_is_that_of_exact_bayesian_regression() -> None:
    pool, features, root, known = setting(5)
    grams = Bald(NOISE).grams(pool, known.plausible, known.scaling.output_scale)
    for chosen in ([0], [1, 3], [0, 1, 2, 3, 4]):
        assert information(grams[chosen].sum(axis=0)) == pytest.approx(exact(features, root, chosen), rel=1e-6)


def test_a_greedy_batch_has_nearly_the_information_of_the_best() -> None:
    pool, features, root, known = setting(9)
    chosen = Bald(NOISE).choose(pool, 3, known, np.random.default_rng(0)).tolist()
    best = max(exact(features, root, list(some)) for some in itertools.combinations(range(9), 3))
    assert exact(features, root, chosen) >= (1 - 1 / np.e) * best
    assert exact(features, root, chosen[:1]) == pytest.approx(max(exact(features, root, [i]) for i in range(9)))


def test_a_twin_of_what_is_chosen_teaches_less_than_a_stranger() -> None:
    pool, _, _, known = setting(4)
    twins = Functions(pool.values[[0, 0, 1, 2]], pool.positions, pool.grid)
    grams = Bald(NOISE).grams(twins, known.plausible, known.scaling.output_scale)
    alone = [information(gram) for gram in grams]
    assert information(grams[0] + grams[1]) < alone[0] + alone[1]
    assert alone[0] == pytest.approx(alone[1])
