"""The ledger in memory: the plainest store of the contract, for tests and for trying things out. Nothing is durable."""

from __future__ import annotations

from typing import TypeVar

from router.ledgers.books import AccountSheet, AttemptSheet
from router.ledgers.contract import MAX_ANSWER_BYTES, AccountKey, Discrepancy, Release
from router.ledgers.errors import LedgerUnavailable
from router.ledgers.events import Event, Reserved
from router.ledgers.handle import Handle
from router.ledgers.operations import Operation, Settle
from router.ledgers.recount import Kept, compare

T = TypeVar("T")


class MemoryBooks:
    """What would be on the disk. It outlives its handles, as a file does."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.accounts: dict[int, AccountSheet] = {}
        self.attempts: dict[int, AttemptSheet] = {}
        self._by_key: dict[AccountKey, int] = {}
        self._latest: dict[tuple[str, str], int] = {}
        self._releases: list[tuple[int, float, int]] = []  # (id, time, attempt)

    def find_account(self, key: AccountKey) -> AccountSheet | None:
        id = self._by_key.get(key)
        return self.accounts[id] if id is not None else None

    def account(self, id: int) -> AccountSheet:
        return self.accounts[id]

    def latest(self, tenant: str, request_id: str) -> AttemptSheet | None:
        id = self._latest.get((tenant, request_id))
        return self.attempts[id] if id is not None else None

    def attempt(self, id: int) -> AttemptSheet | None:
        return self.attempts.get(id)

    def releases(self, dataset: int, after: int, limit: int) -> tuple[Release, ...]:
        page = []
        for id, at, attempt in self._releases:
            sheet = self.attempts[attempt]
            if id > after and dataset in dict(sheet.charges):
                page.append(self._release(id, at, sheet))
        return tuple(page[:limit])

    def append(self, event: Event) -> int:
        self.events.append(event)
        return len(self.events)

    def add_account(self, sheet: AccountSheet) -> None:
        self.accounts[sheet.id] = sheet
        self._by_key[sheet.terms.key] = sheet.id

    def add_attempt(self, sheet: AttemptSheet) -> None:
        self.attempts[sheet.id] = sheet
        self._latest[sheet.tenant, sheet.request_id] = sheet.id

    def account_changed(self, sheet: AccountSheet) -> None:
        """The sheet is the store."""

    def attempt_changed(self, sheet: AttemptSheet) -> None:
        """The sheet is the store."""

    def add_release(self, sheet: AttemptSheet, id: int, at: float) -> None:
        self._releases.append((id, at, sheet.id))

    def discrepancies(self) -> tuple[Discrepancy, ...]:
        kept: dict[int, Kept] = {
            id: (sheet.state, sheet.charges, sheet.odometer) for id, sheet in self.attempts.items()
        }
        return compare(enumerate(self.events, start=1), self.accounts.values(), kept.items())

    def _release(self, id: int, at: float, sheet: AttemptSheet) -> Release:
        reserved = self.events[sheet.id - 1]
        assert isinstance(reserved, Reserved)  # an attempt is named by the id of its Reserved
        costs = tuple((self.accounts[account].terms.key, amount) for account, amount in sheet.charges)
        return Release(id, at, sheet.tenant, sheet.request_id, reserved.event, costs)


class MemoryLedger(Handle):
    """A handle on books that others may share. Each operation is applied at once and whole."""

    def __init__(self, books: MemoryBooks | None = None, max_answer_bytes: int = MAX_ANSWER_BYTES) -> None:
        super().__init__(max_answer_bytes)
        self._books = books if books is not None else MemoryBooks()
        self._open = True

    async def verify(self) -> tuple[Discrepancy, ...]:
        self._available()
        return self._books.discrepancies()

    async def close(self) -> None:
        self._open = False

    async def _do(self, operation: Operation[T]) -> T:
        self._available()
        return operation.apply(self._books)

    def _do_lazily(self, operation: Settle) -> None:
        operation.apply(self._books)

    def _available(self) -> None:
        if not self._open:
            raise LedgerUnavailable("this handle is closed")
