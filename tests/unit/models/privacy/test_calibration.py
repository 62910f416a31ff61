"""Noise from targets, and settings that contradict each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.privacy import calibration
from models.privacy.calibration import Target
from models.privacy.conversion import epsilon_of
from models.privacy.cost import limit_in_picorho
from models.privacy.errors import Contradiction, Unattainable
from models.privacy.kinds import (
    DiscreteGaussian,
    Exponential,
    Gaussian,
    Mechanism,
    NoisyHistogram,
    ReportNoisyMax,
    SelfComposed,
    SubsampledGaussian,
)
from models.privacy.settings import Settings, plan

TARGETS = [Target(1.0, 1e-6), Target(4.0, 1e-9, 37), Target(0.3, 1e-5, 3, 60.0)]
Calibrated = tuple[Callable[[Target], Mechanism], Callable[[Mechanism], Mechanism]]


def less_noise(mechanism: Mechanism) -> Mechanism:
    match mechanism:
        case Gaussian(noise_multiplier=z):
            return Gaussian(z * (1 - 1e-9))
        case DiscreteGaussian(squared_sensitivity=s, variance=v):
            return DiscreteGaussian(s, v * (1 - 1e-9))
        case NoisyHistogram(records=r, variance=v):
            return NoisyHistogram(r, v * (1 - 1e-9))
        case Exponential(bounded_range=eta):
            return Exponential(eta * (1 + 1e-9))
        case ReportNoisyMax(epsilon=epsilon):
            return ReportNoisyMax(epsilon * (1 + 1e-9))
        case SubsampledGaussian(rate=q, noise_multiplier=z, steps=n):
            return SubsampledGaussian(q, z * (1 - 1e-9), n)
    raise AssertionError(mechanism)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "calibrate",
    [
        calibration.gaussian,
        lambda target: calibration.discrete_gaussian(target, 4),
        lambda target: calibration.noisy_histogram(target, 3),
        calibration.exponential,
        calibration.report_noisy_max,
        lambda target: calibration.subsampled_gaussian(target, 0.01, 100),
    ],
    ids=["gaussian", "discrete_gaussian", "noisy_histogram", "exponential", "report_noisy_max", "subsampled_gaussian"],
)
def test_what_is_calibrated_fits_and_less_noise_does_not(
    calibrate: Callable[[Target], Mechanism], target: Target
) -> None:
    mechanism = calibrate(target)
    assert target.allows(mechanism)
    assert not target.allows(less_noise(mechanism))
    assert epsilon_of(SelfComposed(mechanism, target.count), target.delta) <= target.epsilon


def test_noise_scales_with_sensitivity_and_the_root_of_the_count() -> None:
    once, often = calibration.gaussian(Target(1.0, 1e-6)), calibration.gaussian(Target(1.0, 1e-6, 100))
    assert often.noise_multiplier == pytest.approx(10 * once.noise_multiplier, rel=1e-8)
    variance = calibration.discrete_gaussian(Target(1.0, 1e-6), 9).variance
    assert variance == pytest.approx(9 * once.noise_multiplier**2, rel=1e-8)


def test_what_no_noise_can_reach_is_refused() -> None:
    with pytest.raises(Unattainable, match="No noise"):
        calibration.exponential(Target(1e-3, 1e-6, 10**13))
    with pytest.raises(ValueError, match="count"):
        Target(1.0, 1e-6, 0)


def test_a_budget_that_noise_need_not_limit_gets_the_least_that_there_is() -> None:
    assert calibration.gaussian(Target(1e9, 1e-6)).noise_multiplier == 1e-3


def test_a_total_alone_plans_one_query() -> None:
    planned = plan(Settings(1.0, 1e-6))
    assert planned.queries == 1
    assert planned.limit == limit_in_picorho(1.0, 1e-6, None)
    assert planned.epsilon_per_query == pytest.approx(1.0, rel=1e-6)


def test_the_number_of_queries_follows_from_the_noise() -> None:
    planned = plan(Settings(2.0, 1e-6, noise_multiplier=30.0))
    assert planned.queries == planned.limit // planned.cost > 100
    assert plan(Settings(2.0, 1e-6, noise_multiplier=30.0, queries=planned.queries)) == planned
    with pytest.raises(Contradiction) as caught:
        plan(Settings(2.0, 1e-6, noise_multiplier=30.0, queries=planned.queries + 1))
    assert caught.value.details["affordable"] == str(planned.queries)
    assert str(planned.limit) in str(caught.value)


def test_epsilon_per_query_and_noise_must_agree() -> None:
    stated = epsilon_of(Gaussian(30.0), 1e-6)
    plan(Settings(2.0, 1e-6, epsilon_per_query=stated * 1.005, noise_multiplier=30.0))
    for wrong in (0.999, 1.02):
        with pytest.raises(Contradiction, match="Noise multiplier 30 is ε = ") as caught:
            plan(Settings(2.0, 1e-6, epsilon_per_query=stated * wrong, noise_multiplier=30.0))
        assert float(caught.value.details["epsilon_of_noise"]) == pytest.approx(stated)


def test_one_query_may_not_spend_more_than_all() -> None:
    with pytest.raises(Contradiction, match=r"ε = 3, all together 2\."):
        plan(Settings(2.0, 1e-6, epsilon_per_query=3.0))


def test_epsilon_per_query_times_queries_must_fit() -> None:
    planned = plan(Settings(2.0, 1e-6, epsilon_per_query=0.1))
    assert 2.0 / 0.1 < planned.queries < (2.0 / 0.1) ** 2 * 1.1  # composition is between linear and the square root
    with pytest.raises(Contradiction):
        plan(Settings(2.0, 1e-6, epsilon_per_query=0.1, queries=1000))
