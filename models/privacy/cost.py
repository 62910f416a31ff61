"""The gate's integer: what an event takes from an account, and how much an account holds.

An account has one δ and one *order*, both fixed when it is opened. Where the order is None, the cost of an event is its
ρ of zCDP; where it is one α, the cost is ε(α)/α, in the units of ρ too. Costs are counted in picorho (1e-12 ρ), rounded
up; limits are rounded down. While the sum of costs stays within the limit, all answers together are (ε, δ)-DP, even to
someone who chooses each question from the answers before it: a sum against a fixed limit is a valid filter for Rényi DP
at a fixed order (Feldman & Zrnic 2021, arXiv 2008.11193, the Rényi filter) and for zCDP (Whitehouse et al. 2023, arXiv
2203.05481), also for questions asked side by side (Haney et al. 2023, arXiv 2309.05901).

It is not one where *any* of several orders may still have budget. Someone who waits for the first answer to choose the
order whose budget to spend gets nearly 2 δ: see the test with the two-step adversary.
"""

from __future__ import annotations

from decimal import Decimal

from models.privacy import orders
from models.privacy.conversion import offset, offset_nearly
from models.privacy.curve import Curve
from models.privacy.errors import Unattainable
from models.privacy.rounding import integer_above, integer_below, precise

PICORHO = 10**12
MOST = 2**62  # a signed 64-bit integer holds the sum of two; 4.6 million ρ protect nobody


@precise
def cost_in_picorho(curve: Curve, order: float | None) -> int:
    """At least 1. Raises `Unattainable` for what has no finite cost at this order, or one beyond `MOST`."""
    rho = curve.rho() if order is None else curve.renyi(_checked(order)) / Decimal(order)
    if not rho * PICORHO <= MOST:
        raise Unattainable("NO_FINITE_COST", f"At order {order} this costs {rho:.3e} ρ.", "mechanism")
    return max(integer_above(rho * PICORHO), 1)


def limit_in_picorho(epsilon: float, delta: float, order: float | None) -> int:
    """The most that an account of (ε, δ) holds. Raises `Unattainable` where that is nothing."""
    if not 0 < epsilon < float("inf"):
        raise ValueError(f"epsilon is {epsilon}, not a finite number above 0")
    if not 0 < delta < 1:
        raise ValueError(f"delta is {delta}, not between 0 and 1")
    at = best_zcdp_order(epsilon, delta) if order is None else _checked(order)
    limit = _limit(epsilon, delta, at)
    if limit < 1:
        numbers = {"epsilon": f"{epsilon:g}", "delta": f"{delta:g}", "order": str(order)}
        raise Unattainable("NO_BUDGET", f"At order {order} nothing is ({epsilon:g}, {delta:g})-DP.", "order", numbers)
    return min(limit, MOST)


def order_for(curve: Curve, epsilon: float, delta: float) -> float:
    """The order at which an account of (ε, δ) takes the most of this workload, to 4 digits: an account's for ever."""

    def share(order: float) -> float:
        limit = (epsilon - offset_nearly(order, delta)) / order
        return -limit * order / float(curve.renyi(order)) if limit > 0 else -limit

    return max(float(f"{orders.best(share):.4g}"), 1.001)


def best_zcdp_order(epsilon: float, delta: float) -> float:
    """Where the conversion of ρ-zCDP to (ε, δ) is sharpest."""
    return orders.best(lambda order: -(epsilon - offset_nearly(order, delta)) / order)


@precise
def _limit(epsilon: float, delta: float, order: float) -> int:
    return integer_below((Decimal(epsilon) - offset(order, delta)) / Decimal(order) * PICORHO)


def _checked(order: float) -> float:
    if not orders.LEAST <= order <= orders.MOST:
        raise ValueError(f"order is {order}, not between {orders.LEAST} and {orders.MOST:g}")
    return order
