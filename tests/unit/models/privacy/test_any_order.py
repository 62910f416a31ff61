"""Why the gate is one order, fixed beforehand: a two-step adversary against "some order still has budget".

Each question here is a coin with two outcomes, one of which is rare and reveals much. The first question's rare outcome
is almost free at a low order and nearly all of its cost at a high one. After the common outcome the adversary spends
the budget of the low order, after the rare one that of the high order. Either path ends within the budget of some
order; the mechanism as a whole, whose δ is the sum over both, is within that of none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

import pytest

from models.privacy import pure
from models.privacy.cost import cost_in_picorho, limit_in_picorho
from models.privacy.errors import Unattainable

EPSILON, DELTA = 8.0, 1e-6
LOW, HIGH = 4.0, 32.0


@dataclass(frozen=True)
class Coin:
    """Reveals with `probability` on one data set, and e^−`loss` times that on its neighbour."""

    probability: float
    loss: float

    def reveals(self, neighbour: bool) -> float:
        return self.probability * math.exp(-self.loss) if neighbour else self.probability

    def chance(self, revealed: bool, neighbour: bool) -> float:
        return self.reveals(neighbour) if revealed else 1 - self.reveals(neighbour)

    def renyi(self, order: float) -> Decimal:
        return Decimal(max(self._divergence(order, False), self._divergence(order, True), 0.0))

    def rho(self) -> Decimal:
        return pure.rho(max(self.loss, math.log(self.chance(False, True) / self.chance(False, False))))

    def _divergence(self, order: float, swapped: bool) -> float:
        terms = [
            order * math.log(self.chance(revealed, swapped))
            - (order - 1) * math.log(self.chance(revealed, not swapped))
            for revealed in (False, True)
        ]
        most = max(terms)
        return (most + math.log(sum(math.exp(term - most) for term in terms))) / (order - 1)


FIRST = Coin(math.exp(-10.0), 1.0)


def admitted(orders: tuple[float | None, ...], *coins: Coin) -> bool:
    """The gate: at some of `orders`, all the coins fit into (EPSILON, DELTA)."""
    return any(fits(order, coins) for order in orders)


def fits(order: float | None, coins: tuple[Coin, ...]) -> bool:
    try:
        return sum(cost_in_picorho(coin, order) for coin in coins) <= limit_in_picorho(EPSILON, DELTA, order)
    except Unattainable:
        return False


def worst(order: float) -> float:
    """The loss at which the conversion at this order is tight."""
    return EPSILON + math.log(order / (order - 1))


def largest_admitted(orders: tuple[float | None, ...], loss: float) -> Coin | None:
    low, high = 1e-15, 0.999
    if not admitted(orders, FIRST, Coin(low, loss)):
        return None
    for _ in range(45):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if admitted(orders, FIRST, Coin(middle, loss)) else (low, middle)
    return Coin(low, loss)


def overspent(orders: tuple[float | None, ...]) -> float:
    """The whole mechanism's true δ at EPSILON over DELTA, by enumeration of all answers."""
    if not admitted(orders, FIRST):
        return 0.0
    after_common = largest_admitted(orders, worst(LOW))
    after_rare = largest_admitted(orders, worst(HIGH) - FIRST.loss)
    total = 0.0
    for rare, second in ((False, after_common), (True, after_rare)):
        here, there = FIRST.chance(rare, False), FIRST.chance(rare, True)
        for revealed in (False, True) if second else (False,):
            ours = here * (second.chance(revealed, False) if second else 1.0)
            theirs = there * (second.chance(revealed, True) if second else 1.0)
            total += max(ours - math.exp(EPSILON) * theirs, 0.0)
    return total / DELTA


def test_a_gate_on_any_order_is_overspent_nearly_twice() -> None:
    assert overspent((LOW, HIGH)) > 1.96


def test_more_orders_do_not_mend_it() -> None:
    assert overspent((2.0, LOW, 8.0, 16.0, HIGH, 64.0)) > 1.96


@pytest.mark.parametrize("order", [None, 2.0, LOW, 8.0, 16.0, HIGH, 64.0])
def test_a_gate_on_one_fixed_order_holds_against_the_same_adversary(order: float | None) -> None:
    assert overspent((order,)) <= 1.0


def test_the_fixed_orders_that_the_adversary_aims_at_are_used_up() -> None:
    assert min(overspent((LOW,)), overspent((HIGH,))) > 0.98  # so the bound above is no accident of a loose gate
