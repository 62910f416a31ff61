"""What this process has released and may still credit: how a settlement is ruled upon without asking the store.

It lives in memory only. A process that dies takes its credits along, and what it had reserved stays spent.
"""

from __future__ import annotations

from router.ledgers.contract import Costs, Token
from router.ledgers.errors import BadCost, UnknownAttempt
from router.ledgers.operations import Held, Settle

_REMEMBERED = 65_536  # some 30 MB; the oldest are forgotten first, and stay spent


class Unsettled:
    """The released attempts of one handle."""

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._held: dict[Token, Held] = {}
        self._remembered = remembered

    def remember(self, token: Token, held: Held) -> None:
        """After the release is durable."""
        self._held[token] = held
        if len(self._held) > self._remembered:
            del self._held[next(iter(self._held))]

    def settle(self, token: Token, costs: Costs, odometer: tuple[int, ...] | None, now: float) -> Settle:
        """What is to be written. The attempt is forgotten with it: a second settlement finds nothing."""
        held = self._held.get(token)
        if held is None:
            raise UnknownAttempt(token)
        reserved = dict(held.costs)
        for key, cost in costs:
            if cost > reserved.get(key, -1):
                raise BadCost(repr(cost), f"more than was reserved of {key}")
        if len(dict(costs)) != len(costs):
            raise BadCost(repr(len(costs)), "settle each account once")
        if odometer is None:
            odometer = held.odometer
        elif len(odometer) != len(held.odometer) or any(a > b for a, b in zip(odometer, held.odometer, strict=True)):
            raise BadCost(repr(odometer), "more than was reserved of the odometer")
        del self._held[token]
        return Settle(token, costs, odometer, now)
