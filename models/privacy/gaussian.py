"""The Gaussian mechanism, continuous or discrete: ρ = Δ²/2σ², and D_α = αρ.

For N(0, σ²) with equality (Mironov 2017, arXiv 1702.07476, prop. 7). For the discrete Gaussian on integer vectors as a
bound (Canonne, Kamath & Steinke 2020, arXiv 2004.00010), with equality where α times the difference is whole.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from models.privacy.rounding import decimal_above


def rho(squared_sensitivity: Fraction, variance: Fraction) -> Decimal:
    return decimal_above(squared_sensitivity / (2 * variance))


def renyi(order: float, squared_sensitivity: Fraction, variance: Fraction) -> Decimal:
    if math.isinf(order):
        return Decimal("inf")
    return decimal_above(Fraction(order) * squared_sensitivity / (2 * variance))
