"""The Poisson-subsampled Gaussian mechanism of DP-SGD, for neighbours by add-remove.

Every unit takes part with probability q; σ is the noise over the clipping norm. With N = N(0, σ²), the worst pair is
(1−q) N(0, σ²) + q N(1, σ²) against N(0, σ²), and its larger direction is (Mironov, Talwar & Zhang 2019, arXiv
1908.10530)

    D_α = ln A / (α−1),   A = E_N (1 + u)^α,   u = q (e^((2x−1)/2σ²) − 1),

for every real α > 1. Their series for it alternates. Here A − 1 = E_N g, with g = (1 + u)^α − 1 − αu ≥ 0 since E u = 0,
is integrated by the trapezoidal rule. With L = ln(1 + u), β = α − 1 and e₂(z) = e^z − 1 − z it is a sum of positive
terms, so that nothing cancels, not for small q nor as α → 1:

    g = (1 + u) (β e₂(−L) + e₂(βL)).

*The rule's error.* The integrand is analytic for |Im x| < πσ², and on the line Im x = a its size is at most e^(a²/2σ²)
times that of the same expression with every term made positive, whose mean is at most M = A + 1 + 2αq. So the error is
below 2M e^(a²/2σ²) / (e^(2πa/h) − 1) (Trefethen & Weideman 2014, SIAM Review 56, theorem 5.1). `_spacing` makes that
factor e^-100. *Truncation.* Beyond 0 and max(α, 2) the integrand falls as N's density does. The integral ends 12 σ
further out, and that the integrand is there below e^-60 of its maximum is checked: else no number is given.
*Round-off.* Each term is right to some 1e-14 and a few units in the last place of its exponent. `_MARGIN` and
`_log_moment` add more than all of this.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import numpy as np

from models.base import Array
from models.privacy import gaussian
from models.privacy.rounding import precise

_MARGIN = 1e-11
_RULE = 100.0  # the rule's error is e^-100
_MOST_NODES = 1_000_000  # a tenth of a second
_TAIL = 12.0  # σ
_NEGLIGIBLE = 60.0  # e^-60
_EPS = float(np.finfo(np.float64).eps)


@precise
def renyi(order: float, rate: float, noise_multiplier: float) -> Decimal:
    """For one step.

    Never above the curve without sampling, which holds by quasi-convexity. That one stands in at orders so high that
    the rule would need more than a million points.
    """
    whole = gaussian.renyi(order, Fraction(1), Fraction(noise_multiplier) ** 2)
    if rate == 1.0 or math.isinf(order):
        return whole
    if (order + 2 * _TAIL * noise_multiplier) / _spacing(noise_multiplier) > _MOST_NODES:
        return whole
    return min(Decimal(_log_moment(order, rate, noise_multiplier)) / (Decimal(order) - 1), whole)


def rho(noise_multiplier: float) -> Decimal:
    """D_α/α rises to 1/2σ² as α → ∞, whatever the rate: zCDP knows no amplification by sampling."""
    return gaussian.rho(Fraction(1), Fraction(noise_multiplier) ** 2)


def _spacing(sigma: float) -> float:
    """h such that 2πa/h − a²/2σ² = 100, for a line at height a inside the strip of analyticity."""
    reach = min(math.pi * sigma / 2, 4.0)  # a/σ: half the strip, and no more than pays
    return sigma * 2 * math.pi * reach / (_RULE + reach**2 / 2)


@lru_cache(maxsize=4096)
def _log_moment(order: float, rate: float, sigma: float) -> float:
    """ln A, from above; infinite where that is not sure."""
    h = _spacing(sigma)
    x = np.arange(-_TAIL * sigma, max(order, 2.0) + _TAIL * sigma + h, h)
    log_density = -0.5 * (x / sigma) ** 2
    log_ratio = _log_mixture(rate, (2 * x - 1) / (2 * sigma**2))
    terms = log_density + _log_convex_part(order - 1, log_ratio)
    most = int(np.argmax(terms))
    log_sum = float(terms[most] + np.log(np.sum(np.exp(terms - terms[most]))))
    log_excess = log_sum + math.log(h / (sigma * math.sqrt(2 * math.pi)))
    if max(terms[0], terms[-1]) > terms[most] - _NEGLIGIBLE:
        return math.inf
    wobble = 16 * _EPS * (abs(log_density[most]) + order * abs(log_ratio[most]))
    return float(np.logaddexp(0.0, log_excess) * (1 + _MARGIN + wobble))


def _log_mixture(rate: float, loss: Array) -> Array:
    """L = ln(1 − q + q e^loss)"""
    return np.where(loss > 50.0, np.logaddexp(math.log1p(-rate), math.log(rate) + loss), _log1p_of(rate, loss))


def _log1p_of(rate: float, loss: Array) -> Array:
    return np.log1p(rate * np.expm1(np.minimum(loss, 50.0)))


def _log_convex_part(beta: float, log_ratio: Array) -> Array:
    """ln g"""
    return log_ratio + np.logaddexp(math.log(beta) + _log_e2(-log_ratio), _log_e2(beta * log_ratio))


def _log_e2(z: Array) -> Array:
    """ln(e^z − 1 − z)"""
    size = np.abs(z)
    middle = np.clip(z, -700.0, 700.0)
    with np.errstate(divide="ignore"):  # ln 0 is −∞
        near = 2 * np.log(size) + np.log(np.polyval(_E2_SERIES, np.clip(z, -0.5, 0.5)))
        far = np.where(z > 700.0, z, np.log(np.expm1(middle) - z + (z > 700.0) * z))
    return np.asarray(np.where(size < 0.5, near, far))


# Of e₂(z)/z², highest power first: the next term is below 1e-19.
_E2_SERIES = 1.0 / np.array([math.factorial(power) for power in range(17, 1, -1)], float)
