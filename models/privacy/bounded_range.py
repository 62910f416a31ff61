"""Mechanisms of bounded range: ln P(y)/Q(y) lies in [t − η, t] for some t of each pair of neighbours.

The exponential mechanism with weights exp(ε s/2Δ) is one with η = ε (Durfee & Rogers 2019, arXiv 1905.04273).

The worst pair for a given t has two outcomes, of ratio e^t and e^(t−η): every other pair is a post-processing of this
generalised randomised response (Dong, Durfee & Rogers 2020, arXiv 1909.13830). The first has probability
q = (e^-t − e^-η)/(1 − e^-η) under Q. With x = e^t,

    E_Q (P/Q)^α = A x^(α−1) − B x^α,   A = (1 − e^-αη)/(1 − e^-η),   B = (e^-η − e^-αη)/(1 − e^-η),

is largest at x = (α−1)A/αB, which lies between 1 and e^η, and is there A x^(α−1)/α. So the tight curve is closed:

    D_α = ln x + ln(A/α)/(α−1).

Neighbours change places by t → η − t, so that both directions are covered. D_α ≤ αη²/8 (Cesar & Rogers 2021, arXiv
2004.07223).
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from models.privacy.rounding import decimal_above, precise, raised


def rho(eta: float) -> Decimal:
    return decimal_above(Fraction(eta) ** 2 / 8)


@precise
def renyi(order: float, eta: float) -> Decimal:
    if math.isinf(order):
        return Decimal(eta)
    alpha, near, far = Decimal(order), (-Decimal(eta)).exp(), (-Decimal(order) * Decimal(eta)).exp()
    worst = (alpha - 1) * (1 - far) / (alpha * (near - far))
    tight = worst.ln() + ((1 - far) / (1 - near) / alpha).ln() / (alpha - 1)
    return min(raised(tight), Decimal(eta))
