"""From a curve to (ε, δ), both ways, by the tight bound at one order and the best of all orders.

Canonne, Kamath & Steinke 2020 (arXiv 2004.00010, proposition 12; also Balle et al. 2020, arXiv 1905.09982, theorem 21):
D_α of ε_α at one α > 1 gives (ε, δ)-DP for every ε ≥ 0 with

    δ = e^((α−1)(ε_α − ε)) (1 − 1/α)^α / (α − 1),   or   ε = ε_α + ln(1 − 1/α) − ln(δα)/(α−1).

As α → ∞ it becomes pure ε_∞-DP. Results are rounded up.
"""

from __future__ import annotations

import math
from decimal import Decimal

from models.privacy import orders
from models.privacy.curve import Curve
from models.privacy.rounding import float_above, precise

_SLACK = Decimal("1e-40")  # more than the round-off of 100 digits in any of the sums here


def epsilon_of(curve: Curve, delta: float) -> float:
    """The least ε that is proved at δ in (0, 1); infinite where nothing is."""
    _check(delta)

    def at(order: float) -> float:
        return float(curve.renyi(order)) + offset_nearly(order, delta)

    return min(epsilon_at(curve, delta, orders.best(at)), float_above(curve.renyi(math.inf)))


@precise
def epsilon_at(curve: Curve, delta: float, order: float) -> float:
    """ε at δ from the one order."""
    return max(float_above(curve.renyi(order) + offset(order, delta)), 0.0)


def delta_of(curve: Curve, epsilon: float) -> float:
    """The least δ ≤ 1 that is proved at ε ≥ 0."""
    if not 0 <= epsilon < math.inf:
        raise ValueError(f"epsilon is {epsilon}, not a finite number of at least 0")
    if curve.renyi(math.inf) <= epsilon:
        return 0.0

    def at(order: float) -> float:
        gap = float(curve.renyi(order)) - epsilon
        return (order - 1) * gap + order * math.log1p(-1 / order) - math.log(order - 1)

    return delta_at(curve, epsilon, orders.best(at))


@precise
def delta_at(curve: Curve, epsilon: float, order: float) -> float:
    """δ at ε from the one order."""
    alpha, gap = Decimal(order), curve.renyi(order) - Decimal(epsilon)
    exponent = (alpha - 1) * gap + alpha * (1 - 1 / alpha).ln() - (alpha - 1).ln()
    return 1.0 if exponent >= 0 else min(float_above((exponent + _SLACK).exp() * (1 + _SLACK)), 1.0)


@precise
def offset(order: float, delta: float) -> Decimal:
    """ln(1 − 1/α) − ln(δα)/(α−1), from above: what ε is more than ε_α."""
    alpha = Decimal(order)
    return (1 - 1 / alpha).ln() - (Decimal(delta) * alpha).ln() / (alpha - 1) + _SLACK


def offset_nearly(order: float, delta: float) -> float:
    """`offset` for searches: to some 1e-15 of its terms."""
    return math.log1p(-1 / order) - math.log(delta * order) / (order - 1)


def _check(delta: float) -> None:
    if not 0 < delta < 1:
        raise ValueError(f"delta is {delta}, not between 0 and 1")
