"""Adding up the whole log of a file, beside whoever writes to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from router.ledgers.contract import Discrepancy
from router.ledgers.errors import LedgerUnavailable
from router.ledgers.events import Event, decode
from router.ledgers.recount import Kept, compare
from router.ledgers.sqlite.books import read_accounts, read_attempts
from router.ledgers.sqlite.schema import read_only


def verify_file(file: Path, patience_s: float) -> tuple[Discrepancy, ...]:
    """Of what is committed now; blocks nobody. Raises `LedgerUnavailable` for a file that cannot be read."""
    try:
        with closing(read_only(file, patience_s)) as connection:
            connection.execute("BEGIN")  # one snapshot for all three queries
            attempts: Iterator[tuple[int, Kept]] = (
                (sheet.id, (sheet.state, sheet.charges, sheet.odometer)) for sheet in read_attempts(connection)
            )
            return compare(_events(connection), read_accounts(connection), attempts)
    except sqlite3.Error as error:
        raise LedgerUnavailable(f"SQLite: {error}") from error


def _events(connection: sqlite3.Connection) -> Iterator[tuple[int, Event]]:
    for id, body in connection.execute("SELECT id, body FROM event ORDER BY id"):
        try:
            yield id, decode(body)
        except msgspec.MsgspecError as error:
            raise LedgerUnavailable(f"event {id} cannot be read: {error}") from error
