"""How much has been spent, at a fixed public vector of orders: for people to look at, never to decide by.

The vector's sums are integers that a ledger can keep. What they say at the best order is (ε, δ) for a sequence of
events that does not depend on the answers. See `cost` for why the gate is one order.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from models.privacy.conversion import offset
from models.privacy.cost import PICORHO, cost_in_picorho
from models.privacy.curve import Curve
from models.privacy.rounding import float_above, precise

# Close together where sampled Gaussians have their knee: some 15 % above the continuous order at worst for ε above 1/2.
ORDERS = (1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20, 24, 32, 48, 64, 128, 256, 1024)


def costs_by_order(curve: Curve) -> tuple[int, ...]:
    """Picorho at each of `ORDERS`, rounded up; the sum over events composes them."""
    return tuple(cost_in_picorho(curve, order) for order in ORDERS)


def epsilon_shown(costs: Sequence[int], delta: float) -> float:
    """The least ε at δ over `ORDERS`, from summed costs: an upper bound of what the continuous orders give."""
    if not any(costs):
        return 0.0
    return max(min(_epsilon(cost, order, delta) for cost, order in zip(costs, ORDERS, strict=True)), 0.0)


@precise
def _epsilon(cost: int, order: float, delta: float) -> float:
    return float_above(Decimal(cost) / PICORHO * Decimal(order) + offset(order, delta))
