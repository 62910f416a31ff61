"""Adding up the whole log of a database, beside whoever writes to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg

from router.ledgers.books import State
from router.ledgers.contract import Discrepancy
from router.ledgers.errors import LedgerUnavailable
from router.ledgers.events import Event, LeaseReturned, LeaseTaken
from router.ledgers.postgres.reading import ACCOUNT, account_sheet
from router.ledgers.recount import Kept, compare

_ROWS = 1000  # fetched at a time
_EVENT = msgspec.json.Decoder(Event)


def verify_database(conninfo: str) -> tuple[Discrepancy, ...]:
    """Of what is committed now; blocks nobody. Raises `LedgerUnavailable` for a database that cannot be read."""
    try:
        with psycopg.connect(conninfo, application_name="faraday ledger verify") as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # one snapshot for all three queries
            connection.read_only = True
            accounts = map(account_sheet, _rows(connection, "account", b"id", ACCOUNT))
            leases: Counter[tuple[int, str]] = Counter()
            found = compare(_counting(leases, _events(connection)), accounts, _attempts(connection))
            return found + _leases_compared(connection, leases)
    except psycopg.Error as error:
        raise LedgerUnavailable(f"PostgreSQL: {error}") from error


def _counting(leases: Counter[tuple[int, str]], events: Iterator[tuple[int, Event]]) -> Iterator[tuple[int, Event]]:
    for id, event in events:
        match event:
            case LeaseTaken():
                leases[event.account, event.holder] += event.amount
            case LeaseReturned():
                leases[event.account, event.holder] -= event.amount
        yield id, event


def _leases_compared(
    connection: psycopg.Connection[Any], recounted: Counter[tuple[int, str]]
) -> tuple[Discrepancy, ...]:
    rows = _rows(connection, "lease", b"account, holder", b"account, holder, held_picorho")
    stored = Counter({(account, holder): held for account, holder, held in rows})
    return tuple(
        Discrepancy(f"lease of account {lease[0]} by {lease[1]}", f"{stored[lease]}", f"{recounted[lease]}")
        for lease in sorted(stored.keys() | recounted.keys())
        if stored[lease] != recounted[lease]
    )


def _events(connection: psycopg.Connection[Any]) -> Iterator[tuple[int, Event]]:
    for id, body in _rows(connection, "event", b"id", b"id, body::text"):
        yield id, _EVENT.decode(body)


def _attempts(connection: psycopg.Connection[Any]) -> Iterator[tuple[int, Kept]]:
    for id, state, accounts, amounts, odometer in _rows(
        connection, "attempt", b"id", b"id, state, accounts, amounts, odometer"
    ):
        yield id, (State(state), tuple(zip(accounts, amounts, strict=True)), tuple(odometer))


def _rows(connection: psycopg.Connection[Any], table: str, order: bytes, columns: bytes) -> Iterator[tuple[Any, ...]]:
    with connection.cursor(name=table) as cursor:  # on the server: the log may not fit into memory
        cursor.itersize = _ROWS
        yield from cursor.execute(b"SELECT " + columns + f" FROM faraday_ledger.{table} ORDER BY ".encode() + order)
