"""Clients that reserve, answer, settle, void, repeat themselves and fall silent at random, until they are killed.

They tell the world what they do in the order that the ledger's contract asks of the router: an answer leaves after its
release has returned, never before.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Protocol

from ops.chaos.ledger.plan import Plan, asking, request_name
from ops.chaos.ledger.world import (
    Asked,
    Cost,
    Denied,
    Granted,
    Left,
    Repeated,
    Settling,
    Unavailable,
    Voided,
    Voiding,
    World,
)
from router.ledgers.contract import Account, Costs, Fresh, Reservation, Stored, Token
from router.ledgers.errors import LedgerUnavailable, Refused

_PAUSE_S = 0.002  # after a refusal, as a client would; those who are granted go on at once


class Payable(Protocol):
    """What clients use of a ledger; see `router.ledgers.contract.Ledger`."""

    async def open(self, account: Account, now: float) -> None: ...

    async def reserve(self, reservation: Reservation, now: float) -> Fresh | Stored: ...

    async def release(self, token: Token, answer: bytes, now: float) -> None: ...

    async def settle(self, token: Token, costs: Costs, now: float) -> None: ...

    async def void(self, token: Token, now: float) -> None: ...


@dataclass(frozen=True)
class Client:
    ledger: Payable
    world: World
    plan: Plan
    worker: int
    number: int
    rng: random.Random

    async def run(self) -> None:
        """For ever."""
        count = 0
        while True:
            count += 1
            call = f"{self.plan.number}/{self.worker}/{self.number}/{count}"
            try:
                await self._ask(call, self._request(count))
            except LedgerUnavailable as error:
                self.world.hear(Unavailable(call, error.why))
                await asyncio.sleep(_PAUSE_S)

    def _request(self, count: int) -> str:
        """Mostly a new one; at times one of its own, or what the client in its place asked before the last crash."""
        kind = self.rng.random()
        if kind < 0.15 and count > 1:
            return request_name(self.plan.number, self.worker, self.number, self.rng.randrange(1, count))
        if kind < 0.3 and self.plan.number:
            return request_name(self.plan.number - 1, self.worker, self.number, self.rng.randint(1, 8))
        return request_name(self.plan.number, self.worker, self.number, count)

    async def _ask(self, call: str, request: str) -> None:
        now = self.plan.now
        reservation = asking(request, now)
        self.world.hear(Asked(call, request, _as_said(reservation.costs)))
        try:
            outcome = await self.ledger.reserve(reservation, now)
        except Refused as refusal:
            self.world.hear(Denied(call, type(refusal).__name__))
            await asyncio.sleep(_PAUSE_S)
            return
        if isinstance(outcome, Stored):
            self.world.hear(Repeated(call, outcome.answer.decode()))
        else:
            self.world.hear(Granted(call))
            await self._spend(call, outcome.token, reservation.costs)

    async def _spend(self, call: str, token: Token, costs: Costs) -> None:
        kind = self.rng.random()
        if kind < 0.05:
            return  # its process hangs, or forgets
        if kind < 0.25:
            self.world.hear(Voiding(call))
            await self.ledger.void(token, self.plan.now)
            self.world.hear(Voided(call))
            return
        answer = f"answer of {call}"
        await self.ledger.release(token, answer.encode(), self.plan.now)
        self.world.hear(Left(call, answer))
        if kind < 0.8:
            actual = self.rng.randint(0, costs[0][1])
            self.world.hear(Settling(call, actual))
            await self.ledger.settle(token, tuple((key, actual) for key, _ in costs), self.plan.now)


async def clients(ledger: Payable, world: World, plan: Plan, worker: int) -> None:
    """All of one process, for ever."""
    for account in plan.accounts:
        await ledger.open(account, plan.now)
    names = [f"client {plan.seed} {plan.number} {worker} {number}" for number in range(plan.clients)]
    every = (Client(ledger, world, plan, worker, number, random.Random(name)) for number, name in enumerate(names))
    await asyncio.gather(*(client.run() for client in every))


def _as_said(costs: Costs) -> tuple[Cost, ...]:
    return tuple((key.dataset, key.tenant, key.user, cost) for key, cost in costs)
