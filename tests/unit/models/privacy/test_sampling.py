"""The samplers' distributions, by enumeration of all that they may draw."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chisquare

from models.privacy.bernoulli import bernoulli_exp
from models.privacy.discrete_gaussian import discrete_gaussian, gaussian_round, laplace_round
from models.privacy.draws import Draws
from models.privacy.profile import discrete_gaussians
from models.privacy.random_bits import RandomBits
from tests.unit.models.privacy.branches import distribution


def given_success(sample: Callable[[Draws], int | None]) -> dict[int, float]:
    """The distribution of repeating until a round succeeds. What branches below 1e-13 would add is lost."""
    found = distribution(sample, least=1e-13)
    successes = {value: chance for value, chance in found.items() if value is not None}
    total = sum(successes.values())
    return {value: chance / total for value, chance in successes.items()}


@pytest.mark.parametrize("gamma", [Fraction(0), Fraction(1, 3), Fraction(1), Fraction(5, 2), Fraction(4)])
def test_a_coin_falls_with_e_to_minus_gamma(gamma: Fraction) -> None:
    found = distribution(lambda draws: bernoulli_exp(gamma.numerator, gamma.denominator, draws), least=1e-12)
    assert found.get(True, 0.0) == pytest.approx(math.exp(-gamma), abs=1e-8)
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize("scale", [1, 2, 5, 12])
def test_the_discrete_laplace_distribution_is_exact(scale: int) -> None:
    total = (1 + math.exp(-1 / scale)) / (1 - math.exp(-1 / scale))
    found = given_success(lambda draws: laplace_round(scale, draws))
    for value in range(-10 * scale, 10 * scale + 1):
        assert found[value] == pytest.approx(math.exp(-abs(value) / scale) / total, rel=1e-6)


@pytest.mark.parametrize("variance", [0.01, 0.5, 1.0, 4.5, 9.0, 97.3, 1000.0])
def test_the_discrete_gaussian_distribution_is_exact(variance: float) -> None:
    found = given_success(lambda draws: gaussian_round(Fraction(variance), draws))
    weights, _ = discrete_gaussians(0, variance)
    middle = len(weights) // 2
    for value, weight in enumerate(weights, start=-middle):
        if weight > 1e-6:
            assert found[value] == pytest.approx(float(weight), rel=1e-5)
    assert all(weights[middle + value] == pytest.approx(chance, abs=1e-11) for value, chance in found.items())


def test_a_wrong_scale_would_be_seen() -> None:
    found = given_success(lambda draws: gaussian_round(Fraction(9.1), draws))
    weights, _ = discrete_gaussians(0, 9.0)
    assert abs(found[0] / weights[len(weights) // 2] - 1) > 1e-3


@pytest.mark.parametrize("bound", [2, 3, 5, 256, 257, 2**64 + 1])
def test_random_bits_are_below_their_bound_and_uniform(bound: int) -> None:
    bits = RandomBits(np.random.default_rng(7).bytes)
    drawn = [bits.below(bound) for _ in range(8_000)]
    assert min(drawn) >= 0
    assert max(drawn) < bound
    cells = min(bound, 16)
    counts = np.bincount([value * cells // bound for value in drawn], minlength=cells)
    edges = [-(-cell * bound // cells) for cell in range(cells + 1)]
    sizes = np.array([float(high - low) for low, high in pairwise(edges)])
    assert bits.below(1) == 0
    assert chisquare(counts, sizes / bound * len(drawn)).pvalue > 1e-6


def test_the_bits_decide_and_the_same_bits_decide_alike() -> None:
    one, other = (RandomBits(np.random.default_rng(3).bytes) for _ in range(2))
    drawn = [discrete_gaussian(Fraction(123.4), one) for _ in range(200)]
    assert drawn == [discrete_gaussian(Fraction(123.4), other) for _ in range(200)]


def test_the_systems_bits_are_never_drawn_twice() -> None:
    asked = []

    def source(size: int) -> bytes:
        asked.append(size)
        return np.random.default_rng(len(asked)).bytes(size)

    bits = RandomBits(source)
    assert len({bits.below(2**256) for _ in range(1000)}) == 1000
    assert sum(asked) >= 32_000
    assert bits.below(2**40_000) > 2**256  # more than a block at a time


@pytest.mark.parametrize("variance", [0.3, 30.0, 1e6, 1e20])
def test_samples_have_the_variance_that_was_asked_for(variance: float) -> None:
    """And the real source, the operating system's."""
    bits, count = RandomBits(), 6_000
    drawn = np.array([discrete_gaussian(Fraction(variance), bits) for _ in range(count)], dtype=np.float64)
    weights, _ = discrete_gaussians(0, variance) if variance < 1e6 else (None, None)
    expected = variance
    if weights is not None:
        places = np.arange(len(weights)) - len(weights) // 2
        expected = float(np.sum(places**2 * weights))
    assert abs(np.mean(drawn)) < 6 * math.sqrt(expected / count)
    assert np.var(drawn) == pytest.approx(expected, rel=6 * math.sqrt(3 / count))
