"""Pure ε-differential privacy: the worst pair is randomised response with odds e^ε.

Its curve bounds that of every ε-DP mechanism (Bun & Steinke 2016, prop. 3.3; Mironov 2017, prop. 5): with
p = e^ε/(1 + e^ε),

    D_α = ln(p^α (1−p)^(1−α) + (1−p)^α p^(1−α)) / (α−1),

and D_α ≤ αε²/2.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from models.privacy.rounding import decimal_above, precise, raised


def rho(epsilon: float) -> Decimal:
    return decimal_above(Fraction(epsilon) ** 2 / 2)


@precise
def renyi(order: float, epsilon: float) -> Decimal:
    if math.isinf(order):
        return Decimal(epsilon)
    alpha, odds = Decimal(order), Decimal(epsilon).exp()
    moment = (odds**alpha + odds ** (1 - alpha)) / (1 + odds)
    return min(raised(moment.ln() / (alpha - 1)), Decimal(epsilon))
