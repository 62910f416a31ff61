"""Against the accountants of others: OpenDP and autodp as they are installed, dp-accounting and opacus as they were.

The latter two cannot be installed beside Faraday; see `write_peer_figures`.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import opendp.prelude as opendp
import pytest
from autodp import rdp_bank
from autodp.mechanism_zoo import GaussianMechanism
from autodp.transformer_zoo import AmplificationBySampling

from models.privacy.conversion import delta_at, delta_of, epsilon_at, epsilon_of
from models.privacy.kinds import DiscreteGaussian, Exponential, Gaussian, ReportNoisyMax, SubsampledGaussian, Zcdp

FIGURES: dict[str, Any] = json.loads(Path(__file__).with_name("peer_figures.json").read_text())
SAMPLED = pytest.mark.parametrize(
    "figures", FIGURES["sampled_gaussian"], ids=lambda f: f"{f['rate']}-{f['noise_multiplier']}-{f['steps']}"
)
CLOSE = 1e-9


def mechanism(figures: dict[str, Any]) -> SubsampledGaussian:
    return SubsampledGaussian(figures["rate"], figures["noise_multiplier"], figures["steps"])


@SAMPLED
def test_sampled_gaussians_have_the_curve_of_dp_accounting_at_whole_orders(figures: dict[str, Any]) -> None:
    ours = mechanism(figures)
    for order, theirs in zip(FIGURES["whole_orders"], figures["dp_accounting_renyi"], strict=True):
        assert float(ours.renyi(order)) == pytest.approx(theirs, rel=CLOSE)


@SAMPLED
def test_sampled_gaussians_have_the_curve_of_opacus_at_all_orders(figures: dict[str, Any]) -> None:
    """Opacus ends its series at terms of e^-30, 1e-13, of a moment near 1."""
    ours, steps = mechanism(figures), figures["steps"]
    orders = FIGURES["whole_orders"] + FIGURES["fractional_orders"]
    for order, theirs in zip(orders, figures["opacus_renyi"], strict=True):
        assert float(ours.renyi(order)) == pytest.approx(theirs, rel=CLOSE, abs=2e-13 * steps / (order - 1))


@SAMPLED
def test_dp_accounting_is_above_at_fractional_orders_since_it_adds_alternating_terms_by_size(
    figures: dict[str, Any],
) -> None:
    """By up to 47 % here. That its 0.6.0 loses the signs is seen in its source; opacus and quadrature agree with us."""
    ours = mechanism(figures)
    for order, theirs in zip(FIGURES["fractional_orders"], figures["dp_accounting_renyi_fractional"], strict=True):
        assert theirs is None or float(ours.renyi(order)) <= theirs * (1 + CLOSE)  # None: its series did not converge


@SAMPLED
def test_the_conversion_is_that_of_dp_accounting(figures: dict[str, Any]) -> None:
    ours, orders = mechanism(figures), FIGURES["whole_orders"]
    for delta, theirs in zip(FIGURES["deltas"], figures["dp_accounting_epsilon"], strict=True):
        best = min(epsilon_at(ours, delta, order) for order in orders)
        assert best == pytest.approx(theirs, rel=CLOSE)
        assert epsilon_of(ours, delta) <= best
    smallest = min(delta_at(ours, 1.0, order) for order in orders)
    assert smallest == pytest.approx(figures["dp_accounting_delta_at_epsilon_1"], rel=1e-8)  # an exponential of it


@SAMPLED
def test_epsilon_is_never_below_what_the_distribution_of_the_loss_proves(figures: dict[str, Any]) -> None:
    """dp-accounting's optimistic estimate by convolution: a bound from below on what is true."""
    for delta, proved in zip(FIGURES["deltas"], figures["dp_accounting_epsilon_from_below"], strict=True):
        assert epsilon_of(mechanism(figures), delta) >= proved


@pytest.mark.parametrize("scale", [0.7, 3.0, 50.0])
@pytest.mark.parametrize("sensitivity", [1, 4])
def test_discrete_gaussians_cost_what_opendp_says(scale: float, sensitivity: int) -> None:
    opendp.enable_features("contrib")
    measurement = opendp.m.make_gaussian(opendp.atom_domain(T="i64"), opendp.absolute_distance(T="i64"), scale=scale)
    ours = DiscreteGaussian(sensitivity**2, scale**2)
    assert float(ours.rho()) == pytest.approx(measurement.map(sensitivity), rel=CLOSE)
    profile = opendp.c.make_zCDP_to_approxDP(measurement).map(sensitivity)
    for delta in (1e-3, 1e-6, 1e-9):
        assert epsilon_of(ours, delta) == pytest.approx(profile.epsilon(delta), rel=1e-6)
    for epsilon in (0.5, 2.0):
        assert delta_of(ours, epsilon) == pytest.approx(profile.delta(epsilon), rel=1e-6, abs=1e-300)


@pytest.mark.parametrize("epsilon", [0.01, 0.5, 2.0])
def test_choices_cost_what_opendp_says(epsilon: float) -> None:
    """Its noisy max has Gumbel noise under zCDP and exponential noise under pure privacy; its scale is 2Δ/ε."""
    opendp.enable_features("contrib")
    space = opendp.vector_domain(opendp.atom_domain(T="i64")), opendp.linf_distance(T="i64")
    gumbel = opendp.m.make_noisy_max(*space, opendp.zero_concentrated_divergence(), scale=2 / epsilon)
    exponential = opendp.m.make_noisy_max(*space, opendp.max_divergence(), scale=2 / epsilon)
    assert float(Exponential(epsilon).rho()) == pytest.approx(gumbel.map(1), rel=CLOSE)
    assert float(ReportNoisyMax(epsilon).renyi(math.inf)) == pytest.approx(exponential.map(1), rel=CLOSE)


@pytest.mark.parametrize("order", [1.1, 2.0, 7.5, 64.0])
def test_curves_are_those_of_autodp(order: float) -> None:
    for epsilon in (0.1, 1.0, 5.0):
        theirs = rdp_bank.RDP_pureDP({"eps": epsilon}, order)
        assert float(ReportNoisyMax(epsilon).renyi(order)) == pytest.approx(theirs, rel=CLOSE)
    assert float(Gaussian(1.7).renyi(order)) == pytest.approx(rdp_bank.RDP_gaussian({"sigma": 1.7}, order), rel=CLOSE)
    assert float(Zcdp(0.3).renyi(order)) == pytest.approx(rdp_bank.RDP_zCDP({"xi": 0, "rho": 0.3}, order), rel=CLOSE)


@pytest.mark.parametrize("order", [2, 3, 8, 32])
@pytest.mark.parametrize(("rate", "noise"), [(0.01, 1.1), (0.1, 2.0)])
def test_sampled_gaussians_have_the_curve_of_autodp(order: int, rate: float, noise: float) -> None:
    sampled = AmplificationBySampling(PoissonSampling=True)(
        GaussianMechanism(sigma=noise), rate, improved_bound_flag=True
    )
    theirs = sampled.RenyiDP(order)
    assert float(SubsampledGaussian(rate, noise, 1).renyi(float(order))) == pytest.approx(theirs, rel=1e-8)
