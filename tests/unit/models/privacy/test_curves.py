"""Rényi curves: exact cases, a second method for each, and the properties that all of them have."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from models.privacy import bounded_range, pure, subsampled_gaussian
from models.privacy.kinds import (
    Composed,
    DiscreteGaussian,
    Exponential,
    Gaussian,
    Mechanism,
    NoisyHistogram,
    ReportNoisyMax,
    SelfComposed,
    SubsampledGaussian,
    Zcdp,
)
from models.privacy.rounding import precise

ORDERS = (1.0001, 1.1, 1.5, 2.0, 2.5, 7.0, 31.7, 256.0)
KINDS: list[Mechanism] = [
    Gaussian(1.3),
    DiscreteGaussian(3, 7.5),
    NoisyHistogram(2, 11.0),
    Exponential(0.7),
    ReportNoisyMax(0.7),
    SubsampledGaussian(0.02, 1.1, 3),
    Zcdp(0.3),
    Composed((Gaussian(2.0), Exponential(0.2))),
    SelfComposed(ReportNoisyMax(0.1), 12),
]
EVERY = pytest.mark.parametrize("mechanism", KINDS, ids=lambda kind: type(kind).__name__)


def relative(value: Decimal, reference: float) -> float:
    return float(value) / reference - 1


@EVERY
def test_curves_rise_with_the_order_and_stay_below_rho_times_it(mechanism: Mechanism) -> None:
    values = [mechanism.renyi(order) for order in (*ORDERS, math.inf)]
    assert values == sorted(values)
    rho = mechanism.rho()
    for order, value in zip(ORDERS, values, strict=False):
        assert value / Decimal(order) <= rho * (1 + Decimal("1e-30"))


@EVERY
def test_the_logarithm_of_the_moment_is_convex_in_the_order(mechanism: Mechanism) -> None:
    orders = np.linspace(1.05, 20.0, 40)
    moments = np.array([(order - 1) * float(mechanism.renyi(order)) for order in orders])
    assert np.all(np.diff(moments, 2) >= -1e-9 * moments[2:])


@pytest.mark.parametrize("order", ORDERS)
def test_gaussians_are_closed_forms(order: float) -> None:
    for mechanism, rho in ((Gaussian(1.3), 1 / (2 * 1.69)), (DiscreteGaussian(3, 7.5), 0.2), (Zcdp(0.3), 0.3)):
        assert abs(relative(mechanism.renyi(order), order * rho)) < 1e-14


def test_rational_curves_are_exact() -> None:
    assert Gaussian(1.0).rho() == Decimal("0.5")
    assert Gaussian(2.0).renyi(3.0) == Decimal("0.375")
    assert NoisyHistogram(2, 8.0).rho() == Decimal("0.25")
    assert Exponential(0.5).rho() == Decimal("0.03125")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("eta", [0.01, 0.5, 3.0, 20.0])
def test_bounded_range_is_the_worst_of_all_two_point_pairs(order: float, eta: float) -> None:
    """Maximised numerically over t, in the form of the definition."""

    def divergence(t: float) -> float:
        log_q = math.log(math.expm1(eta - t) / math.expm1(eta)) if t < eta else -math.inf
        log_rest = math.log(-math.expm1(-t) / -math.expm1(-eta)) if t > 0 else -math.inf
        return float(np.logaddexp(order * t + log_q, order * (t - eta) + log_rest)) / (order - 1)

    found = minimize_scalar(lambda t: -divergence(t), bounds=(0.0, eta), method="bounded", options={"xatol": 1e-12})
    tolerance = 1e-9 + 4e-16 / (-found.fun * (order - 1))  # of the reference, which subtracts nearly equal numbers
    assert abs(relative(bounded_range.renyi(order, eta), -found.fun)) < tolerance


@pytest.mark.parametrize("order", ORDERS)
def test_pure_privacy_is_randomised_response(order: float) -> None:
    """Mironov's form: ln((sinh αε − sinh (α−1)ε) / sinh ε) / (α−1)."""
    epsilon = 0.8
    sinh = (math.sinh(order * epsilon) - math.sinh((order - 1) * epsilon)) / math.sinh(epsilon)
    assert abs(relative(pure.renyi(order, epsilon), math.log(sinh) / (order - 1))) < 1e-10


@settings(deadline=None)
@given(st.floats(1e-9, 1e3), st.floats(1e-6, 1e6))
def test_curves_of_choices_are_between_nothing_and_their_pure_bound_and_zcdp(parameter: float, above: float) -> None:
    order = 1 + above
    for curve in (bounded_range, pure):
        value = curve.renyi(order, parameter)
        assert 0 < value <= Decimal(parameter)
        assert value <= Decimal(order) * curve.rho(parameter) * (1 + Decimal("1e-30"))
    assert bounded_range.renyi(order, parameter) <= pure.renyi(order, parameter)


@pytest.mark.parametrize("small", [1e-9, 1e-7])
def test_no_digits_are_lost_for_tiny_parameters(small: float) -> None:
    """D_α = αη²/8 and αε²/2 to leading order."""
    for order in (1 + 2**-19, 2.0, 100.0):
        assert abs(relative(bounded_range.renyi(order, small), order * small**2 / 8)) < 1e-4 * (small / 1e-7 + 1e-8)
        assert abs(relative(pure.renyi(order, small), order * small**2 / 2)) < 1e-4 * (small / 1e-7 + 1e-8)


@pytest.mark.parametrize(("rate", "sigma"), [(0.01, 1.1), (0.5, 0.6), (1e-5, 0.8), (0.2, 4.0), (0.001, 30.0)])
@pytest.mark.parametrize("order", [2, 3, 8, 33, 128])
def test_sampling_at_whole_orders_is_the_binomial_sum(rate: float, sigma: float, order: int) -> None:
    """Mironov, Talwar & Zhang 2019, section 3.3, in 100 digits."""
    value, exact = subsampled_gaussian.renyi(float(order), rate, sigma), binomial(order, rate, sigma)
    assert exact <= value <= exact * (1 + Decimal("1e-9"))


def binomial(order: int, rate: float, sigma: float) -> Decimal:
    @precise
    def log_moment() -> Decimal:
        q, variance = Decimal(rate), Decimal(sigma) ** 2
        terms = (
            math.comb(order, k) * (1 - q) ** (order - k) * q**k * (Decimal(k * (k - 1)) / (2 * variance)).exp()
            for k in range(order + 1)
        )
        return sum(terms, Decimal(0)).ln() / (order - 1)

    return log_moment()


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 80), st.floats(-9.0, -1e-6), st.floats(-1.0, 2.0))
def test_sampling_is_never_below_the_binomial_sum(order: int, log_rate: float, log_sigma: float) -> None:
    rate, sigma = 10.0**log_rate, 10.0**log_sigma
    assert binomial(order, rate, sigma) <= subsampled_gaussian.renyi(float(order), rate, sigma)


@pytest.mark.parametrize(("rate", "sigma"), [(0.01, 1.1), (0.5, 0.6), (0.2, 4.0), (0.9, 1.0)])
@pytest.mark.parametrize("order", [1.01, 1.5, 2.7, 9.3])
def test_sampling_at_any_order_is_the_integral(rate: float, sigma: float, order: float) -> None:
    """Adaptive Gauss-Kronrod quadrature of the definition."""

    def integrand(x: float) -> float:
        ratio = 1 + rate * math.expm1((2 * x - 1) / (2 * sigma**2))
        return math.exp(-0.5 * (x / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi)) * ratio**order

    edges = (-11 * sigma, 0.0, 1.0, order, order + 11 * sigma)
    moment = sum(quad(integrand, a, b, epsabs=0, epsrel=1e-13, limit=500)[0] for a, b in pairwise(edges))
    expected = math.log(moment) / (order - 1)
    tolerance = 1e-9 + 1e-12 / math.log(moment)  # the reference's 1 + small
    assert abs(relative(subsampled_gaussian.renyi(order, rate, sigma), expected)) < tolerance


def test_sampling_near_order_one_is_the_divergence_of_kullback_and_leibler() -> None:
    rate, sigma = 0.3, 0.9

    def integrand(x: float) -> float:
        ratio = 1 + rate * math.expm1((2 * x - 1) / (2 * sigma**2))
        return math.exp(-0.5 * (x / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi)) * ratio * math.log(ratio)

    expected = sum(quad(integrand, a, b, epsabs=0, epsrel=1e-12)[0] for a, b in ((-11.0, 0.0), (0.0, 1.0), (1.0, 12.0)))
    assert abs(relative(subsampled_gaussian.renyi(1 + 1e-6, rate, sigma), expected)) < 1e-5


@settings(deadline=None)
@given(st.floats(1e-9, 1.0), st.floats(1e-2, 1e3), st.floats(1e-6, 500.0))
def test_sampling_never_costs_more_than_taking_all(rate: float, sigma: float, above: float) -> None:
    value = subsampled_gaussian.renyi(1 + above, rate, sigma)
    assert 0 < value <= Gaussian(sigma).renyi(1 + above)


def test_sampling_is_not_counted_where_it_cannot_be_computed() -> None:
    for order in (1e9, math.inf):
        assert subsampled_gaussian.renyi(order, 0.01, 1.0) == Gaussian(1.0).renyi(order)
    assert subsampled_gaussian.renyi(3.0, 1.0, 2.0) == Gaussian(2.0).renyi(3.0)
