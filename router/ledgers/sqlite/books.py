"""The rules' view of one transaction on the file: sheets are read once, changed in memory, and written together.

Sheets outlive their transaction as long as nobody else commits: SQLite's `data_version`, asked for when the write lock
is held already, differs if and only if another connection has committed since it was asked before. So no balance is
ever believed on the strength of an older transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec

from router.ledgers.books import AccountSheet, AttemptSheet, State
from router.ledgers.contract import Account, AccountKey, Release
from router.ledgers.events import Charges, Event, Reserved, decode, encode
from router.ledgers.sqlite.bulk import insert

_REMEMBERED = 50_000  # sheets between transactions, some 40 MB
_CHARGES = msgspec.json.Decoder(Charges)
_NUMBERS = msgspec.json.Decoder(tuple[int, ...])
_TERMS = msgspec.json.Decoder(Account)
_json = msgspec.json.Encoder().encode

_ACCOUNT = "id, terms, limit_picorho, epsilon, spent_picorho, reserved_picorho, frozen, odometer"
_ATTEMPT = "id, tenant, request_id, request_hash, expires, charges, odometer, state"


class SqliteBooks:
    """`router.ledgers.books.Books` between `begin` and `commit` or `roll_back`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._version = -1
        self._last_id = 0
        self._accounts: dict[int, AccountSheet] = {}
        self._by_key: dict[AccountKey, int] = {}
        self._attempts: dict[int, AttemptSheet] = {}
        # Of this transaction alone: whose answers are in memory, and what is to be written.
        self._latest: dict[tuple[str, str], AttemptSheet] = {}
        self._touched: list[AttemptSheet] = []
        self._new_events: list[tuple[int, bytes]] = []
        self._new_answers: list[tuple[int, bytes | None]] = []
        self._new_releases: list[tuple[int, int, int, float]] = []
        self._changed_accounts: dict[int, AccountSheet] = {}
        self._changed_attempts: dict[int, AttemptSheet] = {}

    def begin(self) -> None:
        """Take the write lock, and drop what others have changed."""
        self._connection.execute("BEGIN IMMEDIATE")
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version or len(self._attempts) + len(self._accounts) > _REMEMBERED:
            self._forget()
            self._version = version
            (self._last_id,) = self._connection.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()

    def commit(self) -> None:
        """Durable when it returns. Flushes nothing where nothing was changed."""
        self._write()
        self._connection.execute("COMMIT")
        for attempt in self._touched:
            attempt.answer = None  # it is in the file now
            if attempt.state is not State.RESERVED and attempt.state is not State.RELEASED:
                self._attempts.pop(attempt.id, None)
        self._touched.clear()
        self._latest.clear()

    def roll_back(self) -> None:
        self._forget()
        if self._connection.in_transaction:  # SQLite has rolled back some failures itself
            self._connection.execute("ROLLBACK")

    def find_account(self, key: AccountKey) -> AccountSheet | None:
        id = self._by_key.get(key)
        if id is not None:
            return self._accounts[id]
        query = f"SELECT {_ACCOUNT} FROM account WHERE dataset = ? AND tenant = ? AND user = ?"
        row = self._connection.execute(query, (key.dataset, key.tenant, key.user)).fetchone()
        return self._account_read(row) if row is not None else None

    def account(self, id: int) -> AccountSheet:
        found = self._accounts.get(id)
        if found is not None:
            return found
        return self._account_read(
            self._connection.execute(f"SELECT {_ACCOUNT} FROM account WHERE id = ?", (id,)).fetchone()
        )

    def latest(self, tenant: str, request_id: str) -> AttemptSheet | None:
        found = self._latest.get((tenant, request_id))
        if found is not None:
            return found
        query = (
            f"SELECT {_ATTEMPT}, answer.body FROM attempt LEFT JOIN answer ON answer.attempt = attempt.id "
            "WHERE tenant = ? AND request_id = ? ORDER BY id DESC LIMIT 1"
        )
        row = self._connection.execute(query, (tenant, request_id)).fetchone()
        if row is None:
            return None
        sheet = self._attempt_read(row[:-1])
        if sheet.answer is None and row[-1] is not None:
            sheet.answer = row[-1]
            self._touched.append(sheet)
        return sheet

    def attempt(self, id: int) -> AttemptSheet | None:
        found = self._attempts.get(id)
        if found is not None or not 0 < id <= self._last_id:
            return found
        row = self._connection.execute(f"SELECT {_ATTEMPT} FROM attempt WHERE id = ?", (id,)).fetchone()
        return self._attempt_read(row) if row is not None else None

    def releases(self, dataset: int, after: int, limit: int) -> tuple[Release, ...]:
        self._write()
        rows = self._connection.execute(
            "SELECT release.event, at, tenant, request_id, event.body, charges FROM release "
            "JOIN attempt ON attempt.id = release.attempt JOIN event ON event.id = release.attempt "
            "WHERE release.account = ? AND release.event > ? ORDER BY release.event LIMIT ?",
            (dataset, after, limit),
        ).fetchall()
        return tuple(self._release(*row) for row in rows)

    def append(self, event: Event) -> int:
        self._last_id += 1
        self._new_events.append((self._last_id, encode(event)))
        return self._last_id

    def add_account(self, sheet: AccountSheet) -> None:
        self._accounts[sheet.id] = sheet
        self._by_key[sheet.terms.key] = sheet.id
        self._changed_accounts[sheet.id] = sheet

    def add_attempt(self, sheet: AttemptSheet) -> None:
        self._attempts[sheet.id] = sheet
        self._latest[sheet.tenant, sheet.request_id] = sheet
        self._changed_attempts[sheet.id] = sheet

    def account_changed(self, sheet: AccountSheet) -> None:
        self._changed_accounts[sheet.id] = sheet

    def attempt_changed(self, sheet: AttemptSheet) -> None:
        self._changed_attempts[sheet.id] = sheet

    def add_release(self, sheet: AttemptSheet, id: int, at: float) -> None:
        self._new_answers.append((sheet.id, sheet.answer))
        for account, _ in sheet.charges:
            if not self.account(account).terms.key.tenant:
                self._new_releases.append((account, id, sheet.id, at))

    def _forget(self) -> None:
        self._version = -1
        self._last_id = 0
        self._accounts.clear()
        self._by_key.clear()
        self._attempts.clear()
        self._latest.clear()
        self._touched.clear()
        self._new_events.clear()
        self._new_answers.clear()
        self._new_releases.clear()
        self._changed_accounts.clear()
        self._changed_attempts.clear()

    def _write(self) -> None:
        """Parents before children, by their foreign keys."""
        insert(self._connection, "event (id, body)", self._new_events)
        insert(
            self._connection,
            "account (id, dataset, tenant, user, terms, limit_picorho, epsilon, spent_picorho, reserved_picorho, "
            "frozen, odometer)",
            [_account_row(sheet) for sheet in self._changed_accounts.values()],
            "ON CONFLICT (id) DO UPDATE SET limit_picorho = excluded.limit_picorho, epsilon = excluded.epsilon, "
            "spent_picorho = excluded.spent_picorho, reserved_picorho = excluded.reserved_picorho, "
            "frozen = excluded.frozen, odometer = excluded.odometer",
        )
        insert(
            self._connection,
            f"attempt ({_ATTEMPT})",
            [_attempt_row(sheet) for sheet in self._changed_attempts.values()],
            "ON CONFLICT (id) DO UPDATE SET charges = excluded.charges, odometer = excluded.odometer, "
            "state = excluded.state",
        )
        insert(self._connection, "answer (attempt, body)", self._new_answers)
        insert(self._connection, "release (account, event, attempt, at)", self._new_releases)
        self._touched += self._changed_attempts.values()
        for written in (self._new_events, self._new_answers, self._new_releases):
            written.clear()
        self._changed_accounts.clear()
        self._changed_attempts.clear()

    def _account_read(self, row: tuple[Any, ...]) -> AccountSheet:
        sheet = _account_sheet(row)
        self._accounts[sheet.id] = sheet
        self._by_key[sheet.terms.key] = sheet.id
        return sheet

    def _attempt_read(self, row: tuple[Any, ...]) -> AttemptSheet:
        """The sheet in memory where there is one: it may have been changed in this transaction."""
        return self._attempts.setdefault(row[0], _attempt_sheet(row))

    def _release(self, id: int, at: float, tenant: str, request_id: str, reserved: bytes, charges: bytes) -> Release:
        event = decode(reserved)
        assert isinstance(event, Reserved)  # an attempt is named by the id of its Reserved
        costs = tuple((self.account(account).terms.key, amount) for account, amount in _CHARGES.decode(charges))
        return Release(id, at, tenant, request_id, event.event, costs)


def read_accounts(connection: sqlite3.Connection) -> Iterator[AccountSheet]:
    return map(_account_sheet, connection.execute(f"SELECT {_ACCOUNT} FROM account"))


def read_attempts(connection: sqlite3.Connection) -> Iterator[AttemptSheet]:
    """Without answers."""
    return map(_attempt_sheet, connection.execute(f"SELECT {_ATTEMPT} FROM attempt"))


def _account_sheet(row: tuple[Any, ...]) -> AccountSheet:
    id, terms, limit, epsilon, spent, reserved, frozen, odometer = row
    account = _TERMS.decode(terms)
    return AccountSheet(id, account, limit, epsilon, spent, reserved, frozen, _NUMBERS.decode(odometer))


def _attempt_sheet(row: tuple[Any, ...]) -> AttemptSheet:
    id, tenant, request_id, request_hash, expires, charges, odometer, state = row
    held, numbers = _CHARGES.decode(charges), _NUMBERS.decode(odometer)
    return AttemptSheet(id, tenant, request_id, request_hash, expires, held, numbers, State(state))


def _account_row(sheet: AccountSheet) -> tuple[object, ...]:
    key = sheet.terms.key
    names = (sheet.id, key.dataset, key.tenant, key.user, _json(sheet.terms))
    return (*names, sheet.limit, sheet.epsilon, sheet.spent, sheet.reserved, sheet.frozen, _json(sheet.odometer))


def _attempt_row(sheet: AttemptSheet) -> tuple[object, ...]:
    names = (sheet.id, sheet.tenant, sheet.request_id, sheet.request_hash, sheet.expires)
    return (*names, _json(sheet.charges), _json(sheet.odometer), int(sheet.state))
