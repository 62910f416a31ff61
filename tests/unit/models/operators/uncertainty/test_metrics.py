"""Scores of beliefs, beside their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from models.operators.uncertainty import metrics

RNG = np.random.default_rng(0)


def test_a_belief_that_is_true_is_calibrated_and_one_that_is_too_narrow_is_not() -> None:
    target = RNG.standard_normal(100_000)
    zero, one = np.zeros_like(target), np.ones_like(target)
    true = metrics.assess(zero, one, target, 1.0)
    narrow = metrics.assess(zero, one / 2, target, 1.0)
    assert true.ece < 0.003 and true.coverage == pytest.approx(0.9, abs=0.003)
    assert true.nll == pytest.approx(0.5 + 0.5 * np.log(2 * np.pi), abs=0.01)
    assert true.crps == pytest.approx(1 / np.sqrt(np.pi), abs=0.005)
    assert narrow.ece > 0.1 and narrow.coverage == pytest.approx(1 - 2 * norm.cdf(-1.645 / 2), abs=0.005)
    assert narrow.nll > true.nll and narrow.crps > true.crps


def test_crps_is_the_integral_that_defines_it() -> None:
    mean, deviation, target = 0.3, 0.7, 1.9
    below = quad(lambda y: norm.cdf(y, mean, deviation) ** 2, -12, target)[0]
    above = quad(lambda y: norm.sf(y, mean, deviation) ** 2, target, 12)[0]
    found = metrics.crps(np.array([mean]), np.array([deviation]), np.array([target]))
    assert found == pytest.approx(below + above, rel=1e-8)


def test_values_that_were_given_are_not_scored() -> None:
    target = RNG.standard_normal(200)
    mean, deviation = target.copy(), np.zeros(200)
    mean[:100], deviation[:100] = 0.0, 1.0
    whole, part = (
        metrics.assess(*each, 2.0) for each in ((mean, deviation, target), (mean[:100], deviation[:100], target[:100]))
    )
    assert whole == part
    with pytest.raises(ValueError, match="no value"):
        metrics.assess(target, np.zeros(200), target, 1.0)


def test_certain_and_wrong_is_infinitely_bad() -> None:
    assert metrics.assess(np.zeros(1), np.zeros(1), np.ones(1), 1.0).nll == np.inf


def test_scores_do_not_depend_on_the_units() -> None:
    mean, target = RNG.standard_normal((2, 500))
    one = metrics.assess(mean, np.full(500, 0.9), target, 1.0)
    other = metrics.assess(10 * mean, np.full(500, 9.0), 10 * target, 10.0)
    assert vars(one) == pytest.approx(vars(other))


def test_auroc_is_the_part_of_pairs_in_order() -> None:
    inside, outside = RNG.integers(0, 5, 40), RNG.integers(2, 7, 30)
    pairs = (outside[:, None] > inside) + 0.5 * (outside[:, None] == inside)
    assert metrics.auroc(inside, outside) == pytest.approx(pairs.mean())
