"""Exact samples of the discrete Gaussian distribution.

Canonne, Kamath & Steinke 2020, arXiv 2004.00010, algorithms 2 and 3, as rounds of one rejection: a round that fails
anywhere starts afresh, which is what theirs amounts to. How many rounds a sample takes says nothing of it, but how long
the last one takes does. So an answer's time must not be told more finely than the noise allows (Jin et al. 2022, IEEE
S&P), which is the caller's to see to.
"""

from __future__ import annotations

import math
from fractions import Fraction

from models.privacy.draws import Draws


def discrete_gaussian(variance: Fraction, draws: Draws) -> int:
    """Weights e^(−x²/2σ²) on the integers, σ² = `variance` > 0."""
    while True:
        drawn = gaussian_round(variance, draws)
        if drawn is not None:
            return drawn


def gaussian_round(variance: Fraction, draws: Draws) -> int | None:
    """A discrete Laplace sample of about the same width, kept with e^−((|x| − σ²/scale)²/2σ²)."""
    above, below = variance.numerator, variance.denominator
    scale = math.isqrt(above // below) + 1
    drawn = laplace_round(scale, draws)
    if drawn is None:
        return None
    excess = abs(drawn) * scale * below - above
    return drawn if draws.decays(excess**2, 2 * above * below * scale**2) else None


def laplace_round(scale: int, draws: Draws) -> int | None:
    """Weights e^(−|x|/scale) on the integers, where a round succeeds."""
    low = draws.below(scale)
    if not draws.decays(low, scale):
        return None
    high = 0
    while draws.decays(1, 1):
        high += 1
    size = low + scale * high
    negative = draws.chance(1, 2)
    if size == 0 and negative:
        return None  # zero has one sign only
    return -size if negative else size
