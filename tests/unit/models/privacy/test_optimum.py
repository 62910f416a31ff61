"""How far the accountant is above the exact optimum for the exponential mechanism composed, δ = 1e-6.

The optimum over all mechanisms of range η, not chosen adaptively (Dong, Durfee & Rogers 2020): k two-point pairs with
the same t, the worst t for each ε. Here it is computed from the pairs themselves, and inverted by bisection.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import gammaln

from models.privacy.conversion import epsilon_of
from models.privacy.kinds import Exponential, SelfComposed

DELTA = 1e-6


def optimal_delta(eta: float, count: int, epsilon: float) -> float:
    """max over t of the hockey-stick divergence of k pairs; the maxima lie at t = (ε + (l+1)η)/(k+1), l = 0 … k."""
    shifts = (epsilon + (np.arange(count + 1) + 1) * eta) / (count + 1)
    grid = np.linspace(1e-6, 1 - 1e-6, 997) * eta  # what is not on the list must not exceed it
    return max(hockey_stick(eta, count, epsilon, float(t)) for t in (*shifts[(shifts > 0) & (shifts < eta)], *grid))


def hockey_stick(eta: float, count: int, epsilon: float, t: float) -> float:
    low = np.arange(count + 1)  # how often the ratio was e^(t−η)
    loss = count * t - low * eta
    log_first = math.log(math.expm1(eta - t) / math.expm1(eta)) + t  # under P
    log_second = math.log(-math.expm1(-t) / -math.expm1(-eta)) + t - eta
    log_ways = gammaln(count + 1) - gammaln(low + 1) - gammaln(count - low + 1)
    mass = np.exp(log_ways + (count - low) * log_first + low * log_second)
    return float(np.sum(mass * np.maximum(-np.expm1(epsilon - loss), 0.0)))


@pytest.mark.parametrize(("eta", "count"), [(0.05, 100), (0.02, 1000), (0.01, 256)])
def test_the_exponential_mechanism_is_at_most_9_percent_above_the_optimum(eta: float, count: int) -> None:
    optimum = brentq(lambda epsilon: optimal_delta(eta, count, epsilon) - DELTA, 1e-3, count * eta, xtol=1e-7)
    ours = epsilon_of(SelfComposed(Exponential(eta), count), DELTA)
    assert optimum <= ours <= 1.09 * optimum
