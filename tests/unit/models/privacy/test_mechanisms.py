"""Mechanisms on neighbouring data, by exact distributions: they spend what their events say, and no less would do.

The mutants answer with 1.05 times the sensitivity that their event states. If these tests could not tell, they would
prove nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import chisquare

from models.base import Array
from models.privacy.aggregate import Grid, private_mean
from models.privacy.choice import exponential_choice, exponential_round, exponents, report_noisy_max
from models.privacy.clipped_sum import clipped_sum, total
from models.privacy.clipping import clipped
from models.privacy.curve import Curve
from models.privacy.events import Event
from models.privacy.kinds import DiscreteGaussian, Exponential, NoisyHistogram, ReportNoisyMax
from models.privacy.neighbours import Adjacency, Unit
from models.privacy.noisy_histogram import counts, noisy_histogram
from models.privacy.profile import discrete_gaussians, hockey_stick
from models.privacy.random_bits import RandomBits
from tests.unit.models.privacy.branches import distribution

ADD, REPLACE, PATIENT = Adjacency.ADD_REMOVE, Adjacency.REPLACE, Unit.PATIENT
ORDERS = (1.5, 2.0, 5.0, 20.0)


def divergence(here: Array, there: Array, order: float) -> float:
    """D_α of two distributions on the same outcomes, the larger direction."""
    here, there = here[(here > 0) & (there > 0)], there[(here > 0) & (there > 0)]

    def one_way(first: Array, second: Array) -> float:
        logs = order * np.log(first) - (order - 1) * np.log(second)
        return float(np.logaddexp.reduce(logs)) / (order - 1)

    return max(one_way(here, there), one_way(there, here))


def noised(difference: Array, variance: float, order: float) -> float:
    """D_α between two values plus discrete Gaussian noise: coordinates are independent, so they add up."""
    return sum(divergence(*discrete_gaussians(abs(int(shift)), variance), order) for shift in difference.ravel())


def overspends(difference: Array, variance: float, curve: Curve) -> bool:
    return any(noised(difference, variance, order) > float(curve.renyi(order)) * (1 + 1e-9) for order in ORDERS)


def rows(*values: Sequence[int]) -> Array:
    return np.array(values, dtype=np.int64)


# Additive mechanisms. The value before noise is computed by the mechanism's own code, its noise is written out.


def test_a_clipped_sum_spends_what_it_says_when_a_unit_comes_or_goes() -> None:
    data = rows([3, 4], [900, 0], [0, 0])
    variance = 49.0
    _, event = clipped_sum(data, 20, variance, PATIENT, ADD, RandomBits())
    assert event == Event(DiscreteGaussian(400, variance), PATIENT, ADD)
    honest = total(data, 20) - total(data[[0, 2]], 20)
    mutant = total(data, 21) - total(data[[0, 2]], 21)
    assert list(honest) == [20, 0]
    assert not overspends(honest, variance, event.mechanism)
    assert overspends(mutant, variance, event.mechanism)


def test_a_clipped_sum_spends_what_it_says_when_a_unit_is_replaced() -> None:
    data, other = rows([3, 4], [900, 0]), rows([3, 4], [-900, 0])
    _, event = clipped_sum(data, 20, 196.0, PATIENT, REPLACE, RandomBits())
    assert not overspends(total(data, 20) - total(other, 20), 196.0, event.mechanism)
    assert overspends(total(data, 21) - total(other, 21), 196.0, event.mechanism)
    _, cheaper = clipped_sum(data, 20, 196.0, PATIENT, ADD, RandomBits())
    assert overspends(total(data, 20) - total(other, 20), 196.0, cheaper.mechanism)


@pytest.mark.parametrize(("adjacency", "squared"), [(ADD, 400), (REPLACE, 800)])
def test_a_histogram_spends_what_it_says(adjacency: Adjacency, squared: int) -> None:
    buckets = 3
    mine = np.zeros(30, dtype=np.int64)
    others = rows([0, 1, 2])[0]
    owners = np.concatenate([[1, 2, 3], np.full(30, 7)])

    def neighbours(records: int) -> Array:
        here = counts(np.concatenate([others, mine]), owners, buckets, records)
        if adjacency is ADD:
            return here - counts(others, owners[:3], buckets, records)
        return here - counts(np.concatenate([others, mine + 2]), owners, buckets, records)

    _, event = noisy_histogram(others, owners[:3], buckets, 20, 100.0, PATIENT, adjacency, RandomBits())
    assert event.mechanism.rho() == DiscreteGaussian(squared, 100.0).rho()
    assert not overspends(neighbours(20), 100.0, event.mechanism)
    assert overspends(neighbours(21), 100.0, event.mechanism)


def test_a_histogram_keeps_the_first_records_of_each_unit_and_no_unknown_bucket() -> None:
    labels = np.array([0, 0, 1, 5, -1, 1, 2, 2])
    owners = np.array([4, 4, 4, 4, 9, 9, 9, 9])
    assert list(counts(labels, owners, 3, 2)) == [2, 1, 1]
    assert list(counts(labels[:0], owners[:0], 3, 2)) == [0, 0, 0]
    _, event = noisy_histogram(labels, owners, 3, 2, 9.0, Unit.RECORD, ADD, RandomBits())
    assert event == Event(NoisyHistogram(2, 9.0), Unit.RECORD, ADD)


@pytest.mark.parametrize("adjacency", [ADD, REPLACE])
def test_sample_and_aggregate_spends_what_it_says_whatever_one_shard_answers(adjacency: Adjacency) -> None:
    answers, variance = np.array([[0.3, 0.1], [50.0, 0.0], [0.0, 0.2]]), 196.0
    other = answers.copy()
    other[1] = [-np.inf, 0.0]
    _, event = private_mean(answers, Grid(0.5, 20), variance, PATIENT, adjacency, RandomBits())
    assert event == Event(DiscreteGaussian(1600, variance), PATIENT, adjacency)

    def moved(norm: int) -> Array:
        grid = Grid(0.5, norm)
        return total(grid.places(answers), norm) - total(grid.places(other), norm)

    assert not overspends(moved(20), variance, event.mechanism)
    assert overspends(moved(21), variance, event.mechanism)


def test_an_aggregate_is_the_mean_on_the_grid_up_to_its_noise() -> None:
    answers = np.linspace(-1.0, 1.0, 64)[:, None] * np.array([[1.0, -0.5]]) + np.array([[0.25, 0.0]])
    mean, _ = private_mean(answers, Grid(1e-3, 2000), 1e-6, PATIENT, ADD, RandomBits())
    assert mean == pytest.approx(answers.mean(axis=0), abs=1e-3)


def test_a_shard_that_fails_counts_as_nothing_and_is_not_told() -> None:
    grid = Grid(0.5, 20)
    assert grid.places(np.array([[np.nan, 1e308, -np.inf, 1.9, -1.9]])).tolist() == [[0, 20, -20, 3, -3]]
    assert grid.places(np.array([1e308])).tolist() == Grid(1e-299, 20).places(np.array([1e308])).tolist() == [20]


@settings(deadline=None)
@given(arrays(np.int64, (5, 3)), st.integers(1, 2**29))
def test_rows_are_clipped_exactly_and_each_by_itself(data: Array, norm: int) -> None:
    result = clipped(data, norm)
    for row, before in zip(result.tolist(), data.tolist(), strict=True):
        assert sum(value**2 for value in row) <= norm**2
        if sum(value**2 for value in before) <= norm**2:
            assert row == before
    assert np.array_equal(clipped(data[1:3], norm), result[1:3])


def test_clipping_loses_less_than_one_step_of_the_grid_per_coordinate() -> None:
    data = np.random.default_rng(1).integers(-1000, 1000, (200, 8))
    result, lengths = clipped(data, 1000), np.linalg.norm(data, axis=1, keepdims=True)
    assert np.max(np.abs(result - data * np.minimum(1, 1000 / lengths))) < 2


@pytest.mark.parametrize("norm", [0, -3, 2**30])
def test_a_norm_that_cannot_be_held_exactly_is_refused(norm: int) -> None:
    with pytest.raises(ValueError, match="norm"):
        clipped(rows([1, 2, 3]), norm)


@pytest.mark.parametrize("dtype", [np.float64, np.uint64])
def test_rows_must_be_whole_numbers_that_fit(dtype: type) -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        clipped(np.ones((2, 2), dtype=dtype), 3)


def test_an_aggregate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no shard"):
        private_mean(np.zeros((0, 2)), Grid(1.0, 3), 9.0, PATIENT, ADD, RandomBits())


def test_a_spacing_must_be_a_positive_number() -> None:
    for spacing in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="spacing"):
            Grid(spacing, 3)


# Choices, by enumeration of all that the code may draw.

EXPONENTIAL, NOISY_MAX = Exponential(0.5), ReportNoisyMax(0.5)
Choose = Callable[[Sequence[int]], Array]  # the distribution of the index


def exponential(scores: Sequence[int]) -> Array:
    found = distribution(lambda draws: exponential_round(*exponents(scores, 20, 0.5), draws))
    masses = np.array([found[index] for index in range(len(scores))])
    return np.asarray(masses / masses.sum())  # rounds are repeated until one succeeds


def noisy_max(scores: Sequence[int]) -> Array:
    found = distribution(lambda draws: report_noisy_max(scores, 20, 0.5, PATIENT, ADD, draws)[0])
    return np.array([found.get(index, 0.0) for index in range(len(scores))])


def test_choices_come_with_their_events() -> None:
    bits = RandomBits()
    assert exponential_choice((3,), 20, 0.5, PATIENT, ADD, bits) == (0, Event(EXPONENTIAL, PATIENT, ADD))
    assert report_noisy_max((3,), 20, 0.5, PATIENT, REPLACE, bits) == (0, Event(NOISY_MAX, PATIENT, REPLACE))


def test_the_exponential_mechanism_has_its_weights() -> None:
    scores = (0, 30, 45)
    weights = np.exp(0.5 * np.array(scores) / 40)
    assert exponential(scores) == pytest.approx(weights / weights.sum(), abs=1e-12)
    drawn = [exponential_choice(scores, 20, 0.5, PATIENT, ADD, RandomBits())[0] for _ in range(2000)]
    assert chisquare(np.bincount(drawn, minlength=3), 2000 * weights / weights.sum()).pvalue > 1e-6


def test_the_exponential_mechanism_spends_what_it_says_and_nearly_all_of_it() -> None:
    """Some of 24 candidates rise and the others fall: with the right number, near the worst pair of its class."""

    def spent(sensitivity: int, order: float) -> float:
        pairs = (
            ([sensitivity] * rising + [0] * (24 - rising), [0] * rising + [sensitivity] * (24 - rising))
            for rising in range(1, 24)
        )
        return max(divergence(exponential(up), exponential(down), order) for up, down in pairs)

    for order in ORDERS:
        curve = float(EXPONENTIAL.renyi(order))
        assert 0.99 * curve < spent(20, order) <= curve
        assert spent(21, order) > curve


def test_report_noisy_max_is_permute_and_flip() -> None:
    """McKenna & Sheldon 2020: P(r) = p_r Σ over subsets S of the others of (−1)^|S| Π p / (|S| + 1)."""
    p = np.exp(-0.5 * (45 - np.array([0, 30, 45])) / 40)
    expected = [p[r] * (1 - (p[i] + p[j]) / 2 + p[i] * p[j] / 3) for r, i, j in ((0, 1, 2), (1, 0, 2), (2, 0, 1))]
    assert noisy_max((0, 30, 45)) == pytest.approx(expected, abs=1e-12)


def test_report_noisy_max_spends_nearly_all_of_its_epsilon_and_no_more() -> None:
    """A far worse candidate is only chosen where it is accepted: its chance then changes by e^ε."""

    def spent(sensitivity: int) -> float:
        here, there = noisy_max((0, 1000)), noisy_max((sensitivity, 1000 - sensitivity))
        return float(np.max(np.abs(np.log(here / there))))

    assert 0.999 * 0.5 < spent(20) <= 0.5 * (1 + 1e-12)
    assert spent(21) > 0.5 * 1.04


@settings(deadline=None)
@given(st.lists(st.integers(-40, 40), min_size=2, max_size=4), st.data())
def test_choices_on_any_neighbours_stay_within_their_curves(scores: list[int], data: st.DataObject) -> None:
    moved = [score + data.draw(st.integers(-20, 20)) for score in scores]
    pairs: list[tuple[Choose, Curve]] = [(exponential, EXPONENTIAL), (noisy_max, NOISY_MAX)]
    for choose, curve in pairs:
        here, there = choose(scores), choose(moved)
        for order in ORDERS:
            assert divergence(here, there, order) <= float(curve.renyi(order)) + 1e-6
        assert hockey_stick(here, there, 0.5) <= 1e-6


def test_a_choice_among_nothing_or_of_no_sensitivity_is_refused() -> None:
    for choose in (exponential_choice, report_noisy_max):
        with pytest.raises(ValueError, match="no candidate"):
            choose((), 1, 0.5, PATIENT, ADD, RandomBits())
        with pytest.raises(ValueError, match="sensitivity"):
            choose((1, 2), 0, 0.5, PATIENT, ADD, RandomBits())


def test_scores_of_numpy_do_not_overflow() -> None:
    scores = np.array([0, 2**62], dtype=np.int64)
    assert exponential_choice(scores, 1, 0.1, PATIENT, ADD, RandomBits())[0] == 1  # type: ignore[arg-type]
