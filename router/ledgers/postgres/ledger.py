"""The ledger of a cluster: durable before it answers, and shared by all that open the same database."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

from router.ledgers.amounts import checked_amount, checked_name
from router.ledgers.contract import MAX_ANSWER_BYTES, AccountKey, Discrepancy
from router.ledgers.handle import QueuedHandle
from router.ledgers.postgres.leases import GiveBack, Lease, ReadHeld, ReadStanding, Standing, Terms
from router.ledgers.postgres.link import Link
from router.ledgers.postgres.schema import Durability
from router.ledgers.postgres.verify import verify_database
from router.ledgers.postgres.writer import Writer

T = TypeVar("T")

_PATIENCE_S = 5.0
_IDLE_FLUSH_S = 0.05


class PostgresLedger(QueuedHandle[Writer]):
    """Made by `open_postgres_ledger`; for the event loop that it was made on, and not to be carried over a fork."""

    def __init__(self, conninfo: str, writer: Writer, max_answer_bytes: int) -> None:
        super().__init__(writer, max_answer_bytes)
        self._conninfo = conninfo

    async def verify(self) -> tuple[Discrepancy, ...]:
        self._available()
        return await asyncio.to_thread(verify_database, self._conninfo)

    async def lease(self, key: AccountKey, holder: str, needed: int, terms: Terms, now: float) -> int:
        """What was taken, `needed` at least, in 1e-12 ρ: it is spent here from now on, and the holder's to charge.

        Raises `BudgetSpent`, `AccountFrozen`, `UnknownAccount`.
        """
        return await self._do(Lease(key, checked_name("holder", holder), checked_amount(needed), terms, now))

    async def give_back(self, key: AccountKey, holder: str, amount: int, now: float) -> None:
        """After the holder has given it up durably. `LedgerUnavailable` for more than it holds."""
        await self._do(GiveBack(key, holder, checked_amount(amount), now))

    async def standing(self, key: AccountKey, holder: str) -> Standing:
        """`UnknownAccount`."""
        return await self._do(ReadStanding(key, holder))

    async def held(self, holder: str) -> tuple[tuple[AccountKey, int], ...]:
        """What the leases of this holder are in 1e-12 ρ, charged there or not."""
        return await self._do(ReadHeld(holder))

    async def abandon(self) -> None:
        """Close at once and write nothing more, as the end of the process would: credits that are pending are lost."""
        await self._writer.abandon()


async def open_postgres_ledger(
    conninfo: str,
    *,
    durability: Durability = Durability.ON,
    patience_s: float = _PATIENCE_S,
    idle_flush_s: float = _IDLE_FLUSH_S,
    max_answer_bytes: int = MAX_ANSWER_BYTES,
    new_id: Callable[[], uuid.UUID] = uuid.uuid4,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> PostgresLedger:
    """A handle on the database of `conninfo`, as libpq reads it; its schema `faraday_ledger` is made if need be.

    The server itself, or a pool that gives each connection to one session. Where a standby may take over, it must be a
    synchronous one (`synchronous_standby_names`): a takeover that loses commits takes back debits.

    `patience_s` is how long a batch is asked for, over lost connections, before `LedgerUnavailable`; `idle_flush_s` how
    long a settlement waits for a batch to ride with. Raises `LedgerUnavailable`.
    """
    writer = Writer(
        new_id(), Link(conninfo, durability, patience_s), durability, patience_s, idle_flush_s, clock, pause
    )
    await writer.start()
    return PostgresLedger(conninfo, writer, max_answer_bytes)
