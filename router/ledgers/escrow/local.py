"""The host's ledger: accounts whose limit is what the host has leased of them, less what it has given up."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from router.ledgers.amounts import checked_instant
from router.ledgers.books import Books
from router.ledgers.contract import Account, AccountKey, Fresh, Reservation, Stored
from router.ledgers.errors import Refused, UnknownAccount
from router.ledgers.events import LimitSet
from router.ledgers.operations import Reserve
from router.ledgers.sqlite.ledger import SqliteLedger
from router.ledgers.sqlite.schema import Durability
from router.ledgers.sqlite.writer import Writer


class Lapsed(Refused):
    """The host has not heard for too long whether the account is frozen."""


@dataclass(frozen=True, slots=True)
class Charge:
    """A reservation, unless its leases have lapsed by the time it is applied. `until` in seconds of `clock`."""

    reserve: Reserve
    until: float
    clock: Callable[[], float]

    def apply(self, books: Books) -> Fresh | Stored:
        if self.clock() >= self.until:
            raise Lapsed
        return self.reserve.apply(books)


@dataclass(frozen=True, slots=True)
class Grow:
    key: AccountKey
    amount: int
    now: float

    def apply(self, books: Books) -> None:
        sheet = books.find_account(self.key)
        if sheet is None:
            raise UnknownAccount(str(self.key))
        sheet.limit += self.amount
        books.append(LimitSet(self.now, sheet.id, sheet.limit, sheet.epsilon))
        books.account_changed(sheet)


@dataclass(frozen=True, slots=True)
class GiveUp:
    """All that is left; how much that is. Nothing of it can be charged any more."""

    key: AccountKey
    now: float

    def apply(self, books: Books) -> int:
        sheet = books.find_account(self.key)
        if sheet is None or sheet.limit == sheet.spent:
            return 0
        left = sheet.limit - sheet.spent
        sheet.limit = sheet.spent
        books.append(LimitSet(self.now, sheet.id, sheet.limit, sheet.epsilon))
        books.account_changed(sheet)
        return left


class LocalLedger(SqliteLedger):
    """Made by `open_local_ledger`."""

    async def begin(self, terms: Account, now: float) -> None:
        """Open the account with nothing in it; no effect where it is open."""
        await self.open(dataclasses.replace(terms, limit=0), now)

    async def charge(
        self, reservation: Reservation, now: float, until: float, clock: Callable[[], float]
    ) -> Fresh | Stored:
        """`reserve`, or `Lapsed`."""
        return await self._do(Charge(Reserve(reservation, checked_instant("now", now)), until, clock))

    async def grow(self, key: AccountKey, amount: int, now: float) -> None:
        await self._do(Grow(key, amount, now))

    async def give_up(self, key: AccountKey, now: float) -> int:
        return await self._do(GiveUp(key, now))


async def open_local_ledger(
    file: Path,
    patience_s: float,
    idle_flush_s: float,
    max_answer_bytes: int,
    clock: Callable[[], float],
    pause: Callable[[float], None],
) -> LocalLedger:
    """As `open_sqlite_ledger`."""
    writer = Writer(file, Durability.FULL, patience_s, idle_flush_s, clock, pause)
    await writer.start()
    return LocalLedger(file, writer, patience_s, max_answer_bytes)
