"""Labels of several fidelities: the information, and what a budget buys."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from models.base import Array
from models.operators.acquisition.fidelity import Fidelity, choose, greedy, information
from models.operators.acquisition.strategy import Known
from models.operators.operator import Functions
from tests.unit.models.operators.tiny_operator import Tiny, functions, plain_scaling

MEMBERS = [Tiny(seed=seed) for seed in range(6)]


def plausible(inputs: Functions) -> Tensor:
    return torch.stack([member(inputs) for member in MEMBERS])


KNOWN = Known(MEMBERS[0], plain_scaling(), functions(0), plausible)
POOLS = (functions(12, side=3), functions(12, side=9))


def random_grams(*shape: int) -> Array:
    roots = np.random.default_rng(0).standard_normal((*shape, 4, 4))
    return roots @ np.swapaxes(roots, -1, -2)


def test_information_is_that_of_gaussian_vectors() -> None:
    """Against ½ ln(det C_S det C_T / det C) of the joint covariance, points × points."""
    rng = np.random.default_rng(1)
    seen, fine = rng.standard_normal((5, 3)), rng.standard_normal((4, 3))
    joint = np.concatenate((seen, fine))
    covariance = np.eye(9) + joint @ joint.T
    dets = [np.linalg.slogdet(part)[1] for part in (covariance[:5, :5], covariance[5:, 5:], covariance)]
    expected = (dets[0] + dets[1] - dets[2]) / 2
    assert information(seen.T @ seen, (fine.T @ fine)[None]) == pytest.approx(expected)


def test_a_budget_is_never_exceeded_nor_left_while_a_label_fits() -> None:
    for budget in (0.5, 1.0, 7.3, 40.0):
        bought = greedy(random_grams(2, 6), random_grams(3), np.array([1.0, 3.5]), budget)
        costs = np.array([1.0, 3.5])[bought.fidelities]
        assert bought.cost == pytest.approx(costs.sum()) and bought.cost <= budget
        assert len(set(bought.functions.tolist())) == len(bought.functions)
        assert len(bought.functions) == 6 or budget - bought.cost < 1.0


def test_a_cheap_label_that_says_as_much_is_taken() -> None:
    same = [Fidelity(1.0, 0.0), Fidelity(10.0, 0.0)]
    bought = choose((POOLS[1], POOLS[1]), same, 5.0, KNOWN, rng=np.random.default_rng(0))
    assert not bought.fidelities.any() and len(bought.functions) == 5


def test_a_grid_that_says_nothing_is_left_however_cheap() -> None:
    useless = [Fidelity(1.0, 1e4), Fidelity(10.0, 0.0)]
    bought = choose(POOLS, useless, 20.0, KNOWN, rng=np.random.default_rng(0))
    assert bought.fidelities.tolist() == [1, 1]


def test_greedy_is_near_the_best_that_the_budget_buys() -> None:
    grams, goals, costs = random_grams(2, 5) / 4, random_grams(2), np.array([1.0, 2.0])
    grams[0] *= 0.4
    bought = greedy(grams, goals, costs, 4.0)
    found = information(grams[bought.fidelities, bought.functions].sum(axis=0), goals)
    payable = [
        [(level, i) for i, level in enumerate(levels) if level >= 0]
        for levels in itertools.product((-1, 0, 1), repeat=5)
        if sum(costs[level] for level in levels if level >= 0) <= 4.0
    ]
    best = max(float(information(sum((grams[one] for one in some), np.zeros((4, 4))), goals)) for some in payable)
    assert found >= 0.8 * best


def test_pools_and_fidelities_that_do_not_belong_together_are_an_error() -> None:
    with pytest.raises(ValueError, match="1 pools"):
        choose(POOLS[:1], [Fidelity(1.0, 0.0)] * 2, 1.0, KNOWN, rng=np.random.default_rng(0))
    for wrong in ((0.0, 1.0), (1.0, -1.0), (float("nan"), 0.0), (1.0, float("inf"))):
        with pytest.raises(ValueError, match="not"):
            Fidelity(*wrong)
