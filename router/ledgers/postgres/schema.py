"""The schema `faraday_ledger` of a database: made, brought up to date, and refused where it is newer than this code."""

from __future__ import annotations

import enum
from typing import Any

import psycopg

from router.ledgers.errors import LedgerUnavailable
from router.ledgers.postgres.apply import FUNCTIONS
from router.ledgers.postgres.tables import TABLES

# One for each version, never changed once released: what leads from the version before to it.
MIGRATIONS = (TABLES + FUNCTIONS,)
VERSION = len(MIGRATIONS)

_OLDEST_SERVER = 140000  # assigns to a field of an array's element, which the function does
_MIGRATING = 0x46644C31  # the advisory lock that one of several starting routers holds

Connection = psycopg.AsyncConnection[Any]


class Durability(enum.Enum):
    """PostgreSQL's `synchronous_commit`, set for every transaction, whatever the role or the database has."""

    ON = "on"  # flushed at every commit, by the synchronous standbys too where there are any
    OFF = "off"  # flushed some time later: a crash of the server takes back recent debits. For showing just that


async def prepare(connection: Connection, durability: Durability) -> None:
    """Raises `LedgerUnavailable` for a server or a schema that cannot be relied upon, and psycopg.Error."""
    if connection.info.server_version < _OLDEST_SERVER:
        raise LedgerUnavailable(
            f"the server is of version {connection.info.server_version}; 14 is the oldest that does"
        )
    if durability is Durability.ON and await _one(connection, "SHOW fsync") != "on":
        raise LedgerUnavailable("the server does not flush to its disk: fsync is off")
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATING])
        found = await _version(connection)
        if found > VERSION:
            raise LedgerUnavailable(f"the database is of version {found}, and this is version {VERSION}")
        for migration in MIGRATIONS[found:]:
            await connection.execute(migration.encode(), prepare=False)
        if found < VERSION:
            await connection.execute("UPDATE faraday_ledger.version SET version = %s", [VERSION])


async def _version(connection: Connection) -> int:
    """0 in a schema that was made just now."""
    if await _one(connection, "SELECT to_regnamespace('faraday_ledger')") is None:
        await connection.execute(
            "CREATE SCHEMA faraday_ledger; CREATE TABLE faraday_ledger.version (version integer NOT NULL); "
            "INSERT INTO faraday_ledger.version VALUES (0);",
            prepare=False,
        )
    found = await _one(connection, "SELECT version FROM faraday_ledger.version")
    if not isinstance(found, int):
        raise LedgerUnavailable("the schema faraday_ledger is somebody else's")
    return found


async def _one(connection: Connection, query: str) -> object:
    row = await (await connection.execute(query.encode())).fetchone()
    return row[0] if row is not None else None
