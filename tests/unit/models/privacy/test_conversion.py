"""(ε, δ) from curves: closed cases, both directions, and never below what is true."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm

from models.privacy.conversion import delta_at, delta_of, epsilon_at, epsilon_of
from models.privacy.curve import Curve
from models.privacy.kinds import Exponential, Gaussian, ReportNoisyMax, SelfComposed, SubsampledGaussian, Zcdp


def exact_gaussian_delta(sigma: float, epsilon: float) -> float:
    """Balle & Wang 2018, arXiv 1805.06530, theorem 8."""
    upper = norm.cdf(1 / (2 * sigma) - epsilon * sigma)
    return float(upper - math.exp(epsilon) * norm.cdf(-1 / (2 * sigma) - epsilon * sigma))


def randomised_response_delta(epsilon_0: float, epsilon: float) -> float:
    odds = math.exp(epsilon_0)
    return max((odds - math.exp(epsilon)) / (1 + odds), 0.0)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 5.0, 100.0])
@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-12])
def test_gaussians_are_never_below_the_exact_profile_and_close_to_it(sigma: float, delta: float) -> None:
    exact = brentq(lambda epsilon: exact_gaussian_delta(sigma, epsilon) - delta, 0, 1 / sigma**2 + 10 / sigma)
    assert exact <= epsilon_of(Gaussian(sigma), delta) <= 1.2 * exact + 0.005


@pytest.mark.parametrize("epsilon_0", [0.1, 1.0, 5.0])
def test_pure_privacy_ends_at_its_epsilon(epsilon_0: float) -> None:
    mechanism = ReportNoisyMax(epsilon_0)
    assert epsilon_0 * (1 - 1e-10) <= epsilon_of(mechanism, 1e-12) <= epsilon_0
    assert epsilon_of(mechanism, 1e-300) == epsilon_0
    assert delta_of(mechanism, epsilon_0) == 0.0
    for share in (0.0, 0.3, 0.9):
        assert delta_of(mechanism, share * epsilon_0) >= randomised_response_delta(epsilon_0, share * epsilon_0)


@pytest.mark.parametrize("rho", [1e-9, 1e-4, 0.1, 3.0, 1e3])
@pytest.mark.parametrize("delta", [1e-2, 1e-6, 1e-30])
def test_zcdp_converts_as_a_dense_scan_of_orders_does(rho: float, delta: float) -> None:
    """The formula of Canonne, Kamath & Steinke, scanned: the search must find its minimum to 1e-9 and not be below."""
    above = np.exp(np.linspace(-13, 26, 200_001))
    alpha = 1 + above
    scanned = alpha * rho - np.log1p(1 / above) - np.log(delta * alpha) / above
    best = max(float(scanned.min()), 0.0)
    assert epsilon_of(Zcdp(rho), delta) == pytest.approx(best, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("order", [1.01, 2.0, 37.5, 1e5])
def test_one_order_is_the_closed_form_to_1e_9_and_not_below(order: float) -> None:
    rho, delta = 0.2, 1e-6
    closed = order * rho + math.log1p(-1 / order) - math.log(delta * order) / (order - 1)
    value = epsilon_at(Zcdp(rho), delta, order)
    assert value == pytest.approx(closed, rel=1e-9)
    assert delta_at(Zcdp(rho), value, order) <= delta * (1 + 1e-9)


CURVES: list[Curve] = [Gaussian(2.0), SelfComposed(Exponential(0.1), 50), SubsampledGaussian(0.05, 1.0, 20)]


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: type(curve).__name__)
@pytest.mark.parametrize("delta", [1e-2, 1e-6, 1e-10])
def test_the_two_directions_are_inverse(curve: Curve, delta: float) -> None:
    assert delta_of(curve, epsilon_of(curve, delta)) == pytest.approx(delta, rel=1e-6)


@settings(deadline=None)
@given(st.floats(1e-10, 1e2), st.floats(1e-15, 0.5), st.floats(1.001, 10))
def test_more_spending_is_more_epsilon_and_a_smaller_delta_too(rho: float, delta: float, more: float) -> None:
    value = epsilon_of(Zcdp(rho), delta)
    assert 0 <= value <= epsilon_of(Zcdp(rho * more), delta) * (1 + 1e-9)
    assert value <= epsilon_of(Zcdp(rho), delta / more) * (1 + 1e-9)


def test_results_are_rounded_up() -> None:
    """At order 2, ε = 2ρ + ln ½ − ln 2δ: told apart from its nearest float in 60 digits."""
    for step in range(1, 200):
        delta = step / 257
        exact = Decimal(2) + Decimal("0.5").ln() - (2 * Decimal(delta)).ln()
        if exact > 0:
            assert Decimal(epsilon_at(Zcdp(1.0), delta, 2.0)) >= exact - Decimal("1e-27")  # the default context's 28


def test_what_has_no_bound_says_so() -> None:
    assert delta_of(Zcdp(1e6), 0.5) == 1.0
    assert delta_at(Gaussian(1.0), 1.0, 1 + 1e-6) <= 1.0


@pytest.mark.parametrize("delta", [0.0, 1.0, -1e-9, float("nan")])
def test_a_delta_outside_0_to_1_is_refused(delta: float) -> None:
    with pytest.raises(ValueError, match="delta"):
        epsilon_of(Gaussian(1.0), delta)


@pytest.mark.parametrize("epsilon", [-1.0, float("inf"), float("nan")])
def test_an_epsilon_that_is_no_target_is_refused(epsilon: float) -> None:
    with pytest.raises(ValueError, match="epsilon"):
        delta_of(Gaussian(1.0), epsilon)
