"""Ledgers that break a promise on purpose: a harness that does not find them proves nothing.

Each is a ledger around a sound one, and differs from it in one method.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from ops.chaos.ledger.clients import Payable
from router.ledgers.contract import Account, AccountKey, Costs, Fresh, Ledger, Reservation, Stored, Token
from router.ledgers.errors import BudgetSpent


class _Around(Payable):
    """The sound ledger's own behaviour."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def open(self, account: Account, now: float) -> None:
        await self._ledger.open(account, now)

    async def reserve(self, reservation: Reservation, now: float) -> Fresh | Stored:
        return await self._ledger.reserve(reservation, now)

    async def release(self, token: Token, answer: bytes, now: float) -> None:
        await self._ledger.release(token, answer, now)

    async def settle(self, token: Token, costs: Costs, now: float) -> None:
        await self._ledger.settle(token, costs, now)

    async def void(self, token: Token, now: float) -> None:
        await self._ledger.void(token, now)


class AnyOrder(_Around):
    """Lets a charge pass while *some* order of the odometer has budget left, as if one could choose the order late.

    Whoever asks for what is cheap at the last order spends all the others without bound. An account's order is fixed
    when it is opened, before any cost is chosen (Rogers et al. 2016, arXiv:1605.08294, on filters).
    """

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self._limits: dict[AccountKey, int] = {}

    async def open(self, account: Account, now: float) -> None:
        self._limits[account.key] = account.limit
        await super().open(account, now)

    async def reserve(self, reservation: Reservation, now: float) -> Fresh | Stored:
        try:
            return await super().reserve(reservation, now)
        except BudgetSpent:
            for key, asked in reservation.costs:
                spent = await self._ledger.odometer(key)
                totals = [total + cost for total, cost in zip(spent, reservation.odometer, strict=True)]
                if min(totals) > self._limits.get(key, 0):
                    raise
                balance = await self._ledger.balance(key)
                await self._ledger.set_limit(key, max(balance.limit, balance.spent + asked), 1.0, now)
            return await super().reserve(reservation, now)


class Hasty(_Around):
    """Its releases return before they are durable."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self._releasing: dict[Token, asyncio.Task[None]] = {}

    async def release(self, token: Token, answer: bytes, now: float) -> None:
        self._releasing[token] = asyncio.create_task(self._ledger.release(token, answer, now))

    async def settle(self, token: Token, costs: Costs, now: float) -> None:
        await self._releasing.pop(token)
        await super().settle(token, costs, now)


class Generous(_Around):
    """Credits more than its client says did not leave."""

    async def settle(self, token: Token, costs: Costs, now: float) -> None:
        await super().settle(token, tuple((key, cost // 2) for key, cost in costs), now)


@dataclass(frozen=True)
class Mutant:
    """`careless` is about the store's flushes, `disguise` about all else."""

    disguise: Callable[[Ledger], Payable]
    careless: bool = False


def _as_it_is(ledger: Ledger) -> Payable:
    return ledger


SOUND = Mutant(_as_it_is)
MUTANTS = {
    "unflushed": Mutant(_as_it_is, careless=True),
    "any-order": Mutant(AnyOrder),
    "hasty": Mutant(Hasty),
    "generous": Mutant(Generous),
}
