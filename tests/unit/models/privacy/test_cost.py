"""The gate's integers: rounded against who spends, and together within (ε, δ)."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.privacy.conversion import epsilon_at, epsilon_of
from models.privacy.cost import MOST, PICORHO, best_zcdp_order, cost_in_picorho, limit_in_picorho, order_for
from models.privacy.errors import Unattainable
from models.privacy.kinds import Exponential, Gaussian, SelfComposed, SubsampledGaussian, Zcdp


def test_costs_that_are_whole_are_exact_and_others_go_up() -> None:
    assert cost_in_picorho(Gaussian(1.0), None) == 500_000_000_000
    assert cost_in_picorho(Gaussian(1.0), 7.0) == 500_000_000_000
    assert cost_in_picorho(Gaussian(1.5), None) == 222_222_222_223
    assert cost_in_picorho(Exponential(0.5), None) == 31_250_000_000


def test_nothing_is_free() -> None:
    assert cost_in_picorho(Exponential(1e-9), None) == 1
    assert cost_in_picorho(Exponential(1e-9), 3.0) == 1


def test_a_choice_costs_less_at_a_high_order_than_its_rho() -> None:
    choice = Exponential(1.0)
    assert cost_in_picorho(choice, 100.0) < cost_in_picorho(choice, 2.0) <= cost_in_picorho(choice, None)


def test_sampling_gains_at_an_order_and_nothing_in_zcdp() -> None:
    step = SubsampledGaussian(0.01, 1.0, 1)
    assert cost_in_picorho(step, None) == cost_in_picorho(Gaussian(1.0), None)
    assert cost_in_picorho(step, 8.0) < cost_in_picorho(Gaussian(1.0), 8.0) / 50


def test_costs_beyond_what_a_ledger_adds_are_refused() -> None:
    with pytest.raises(Unattainable, match="costs"):
        cost_in_picorho(SelfComposed(Zcdp(1e6), 10), None)
    assert cost_in_picorho(Zcdp(1e6), None) < MOST < 2**63


@settings(deadline=None)
@given(st.floats(0.01, 50.0), st.floats(1e-12, 0.1), st.one_of(st.none(), st.floats(1.5, 500.0)), st.floats(0.05, 50.0))
def test_an_account_spent_to_its_limit_is_within_its_epsilon(
    epsilon: float, delta: float, order: float | None, sigma: float
) -> None:
    try:
        limit = limit_in_picorho(epsilon, delta, order)
    except Unattainable:
        return
    cost = cost_in_picorho(Gaussian(sigma), order)
    count = limit // cost
    if count:
        at = order or best_zcdp_order(epsilon, delta)
        assert epsilon_at(SelfComposed(Gaussian(sigma), min(count, 10**9)), delta, at) <= epsilon


@pytest.mark.parametrize("order", [None, 20.0, 40.0])
def test_one_more_picorho_would_be_too_much(order: float | None) -> None:
    epsilon, delta = 1.0, 1e-6
    limit = limit_in_picorho(epsilon, delta, order)
    at = order or best_zcdp_order(epsilon, delta)
    total = Decimal(limit + 2) / PICORHO
    alpha = Decimal(at)
    proved = alpha * total + (1 - 1 / alpha).ln() - (Decimal(delta) * alpha).ln() / (alpha - 1)
    assert proved > Decimal(epsilon)


def test_a_zcdp_limit_is_the_inverse_of_the_conversion() -> None:
    limit = limit_in_picorho(1.0, 1e-6, None)
    assert epsilon_of(Zcdp(limit / PICORHO), 1e-6) == pytest.approx(1.0, rel=1e-9)


def test_an_order_that_proves_nothing_at_this_delta_is_refused() -> None:
    with pytest.raises(Unattainable, match="nothing is"):
        limit_in_picorho(1.0, 1e-6, 2.0)


@pytest.mark.parametrize(("epsilon", "delta"), [(0.5, 1e-6), (4.0, 1e-5), (8.0, 1e-9)])
def test_the_order_for_a_workload_is_nearly_the_best_of_all(epsilon: float, delta: float) -> None:
    workload = SubsampledGaussian(0.01, 1.1, 100)

    def affordable(order: float) -> float:
        try:
            return limit_in_picorho(epsilon, delta, order) / cost_in_picorho(workload, order)
        except Unattainable:
            return 0.0

    chosen = affordable(order_for(workload, epsilon, delta))
    assert chosen >= max(affordable(1 + math.exp(0.05 * step)) for step in range(-20, 140)) * (1 - 1e-3)


def test_for_gaussians_any_account_at_its_best_order_is_as_good_as_zcdp() -> None:
    order = order_for(Gaussian(1.0), 1.0, 1e-6)
    assert limit_in_picorho(1.0, 1e-6, order) == pytest.approx(limit_in_picorho(1.0, 1e-6, None), rel=1e-5)


@pytest.mark.parametrize(("epsilon", "delta"), [(0.0, 0.1), (math.inf, 0.1), (math.nan, 0.1), (1.0, 0.0), (1.0, 1.0)])
def test_targets_that_are_none_are_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(ValueError, match=r"epsilon|delta"):
        limit_in_picorho(epsilon, delta, None)


@pytest.mark.parametrize("order", [1.0, 0.0, -2.0, math.nan, math.inf])
def test_orders_that_are_none_are_refused(order: float) -> None:
    with pytest.raises(ValueError, match="order"):
        cost_in_picorho(Gaussian(1.0), order)
    with pytest.raises(ValueError, match="order"):
        limit_in_picorho(1.0, 1e-6, order)
