"""Operations in one SQLite file on a local disk, shared by the workers of one host; durable before it answers.

One thread owns the connection, and what is queued while a transaction commits is the next one: the ledger's writer.
"""

from __future__ import annotations

import asyncio
import functools
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from router.errors import OperationsUnavailable, Rejection
from router.ledgers.errors import LedgerUnavailable
from router.ledgers.sqlite.schema import Durability, Format, connect
from router.ledgers.sqlite.writer import Writer
from router.operations.contract import Books, LeaseLost, Operation, Part, State, Viewer

T = TypeVar("T")

_PATIENCE_S = 5.0
_BACK_S = 0.5

_TABLES = """
CREATE TABLE operation (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  tenant TEXT NOT NULL,
  subject TEXT NOT NULL,
  request_id TEXT NOT NULL,  -- empty where it has none
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
  lease REAL NOT NULL,  -- unix seconds
  ended REAL NOT NULL,  -- unix seconds
  body BLOB NOT NULL  -- router.operations.contract.Operation, MessagePack; the columns repeat what is searched for
) STRICT;
CREATE UNIQUE INDEX operation_of_request ON operation (tenant, subject, request_id) WHERE request_id <> '';
CREATE INDEX operation_unfinished ON operation (tenant, state) WHERE state < 2;
CREATE INDEX operation_ended ON operation (ended) WHERE state >= 2;
CREATE INDEX operation_of_tenant ON operation (tenant, number);

CREATE TABLE part (
  operation TEXT NOT NULL REFERENCES operation (id) ON DELETE CASCADE,
  part INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (operation, part)
) STRICT;
"""
OPERATIONS = Format(_TABLES, 0x46644F31, 1)  # "FdO1"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Operation).decode


class SqliteBooks:
    """`router.operations.contract.Books` between `begin` and `commit` or `roll_back`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Durable when it returns. Flushes nothing where nothing was changed."""
        self._connection.execute("COMMIT")

    def roll_back(self) -> None:
        if self._connection.in_transaction:  # SQLite has rolled back some failures itself
            self._connection.execute("ROLLBACK")

    def add(self, operation: Operation) -> Operation:
        cursor = self._connection.execute(
            "INSERT INTO operation (id, tenant, subject, request_id, state, lease, ended, body) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, x'')",
            (operation.id, operation.tenant, operation.subject, operation.request_id, *_searched(operation)),
        )
        assert cursor.lastrowid is not None
        added = replace(operation, number=cursor.lastrowid)
        self.change(added)
        return added

    def get(self, id: str) -> Operation | None:
        return self._first("WHERE id = ?", id)

    def of_request(self, tenant: str, subject: str, request_id: str) -> Operation | None:
        where = "WHERE tenant = ? AND subject = ? AND request_id = ? AND request_id <> ''"
        return self._first(where, tenant, subject, request_id)

    def change(self, operation: Operation) -> None:
        self._connection.execute(
            "UPDATE operation SET state = ?, lease = ?, ended = ?, body = ? WHERE number = ?",
            (*_searched(operation), _encode(operation), operation.number),
        )

    def remove(self, id: str) -> None:
        self._connection.execute("DELETE FROM operation WHERE id = ?", (id,))

    def count_unfinished(self, tenant: str) -> int:
        query = "SELECT count(*) FROM operation WHERE tenant = ? AND state < 2"
        count: int = self._connection.execute(query, (tenant,)).fetchone()[0]
        return count

    def claimable(self, now: float, limit: int) -> Sequence[Operation]:
        # Those that wait have a lease of 0.
        return self._all("WHERE state < 2 AND lease <= ? ORDER BY number LIMIT ?", now, limit)

    def surplus(self, tenant: str, kept: int) -> Sequence[Operation]:
        where = "WHERE tenant = ? AND state >= 2 ORDER BY ended DESC, number DESC LIMIT -1 OFFSET ?"
        return self._all(where, tenant, kept)

    def old(self, ended_before: float, limit: int) -> Sequence[Operation]:
        return self._all("WHERE state >= 2 AND ended < ? ORDER BY ended, number LIMIT ?", ended_before, limit)

    def page(self, viewer: Viewer, before: int, limit: int, ended: bool | None) -> Sequence[Operation]:
        states = {None: (State.WAITING, State.CANCELLED), True: (State.SUCCEEDED, State.CANCELLED)}
        lowest, highest = states.get(ended, (State.WAITING, State.RUNNING))
        return self._all(
            "WHERE tenant = ? AND (? IS NULL OR subject = ?) AND number < ? AND state BETWEEN ? AND ? "
            "ORDER BY number DESC LIMIT ?",
            *(viewer.tenant, viewer.subject, viewer.subject, before, int(lowest), int(highest), limit),
        )

    def put(self, id: str, part: Part, body: bytes) -> None:
        self._connection.execute("INSERT OR REPLACE INTO part VALUES (?, ?, ?)", (id, int(part), body))

    def read(self, id: str, part: Part) -> bytes | None:
        query = "SELECT body FROM part WHERE operation = ? AND part = ?"
        row: tuple[bytes] | None = self._connection.execute(query, (id, int(part))).fetchone()
        return None if row is None else row[0]

    def drop(self, id: str, part: Part) -> None:
        self._connection.execute("DELETE FROM part WHERE operation = ? AND part = ?", (id, int(part)))

    def _first(self, where: str, *values: object) -> Operation | None:
        return next(iter(self._all(where, *values)), None)

    def _all(self, where: str, *values: object) -> list[Operation]:
        return [_decode(body) for (body,) in self._connection.execute(f"SELECT body FROM operation {where}", values)]


def _searched(operation: Operation) -> tuple[int, float, float]:
    return int(operation.state), operation.lease, operation.ended


class SqliteTransactions:
    """Made by `open_operations`, for the event loop that it was made on."""

    def __init__(self, writer: Writer[SqliteBooks]) -> None:
        self._writer = writer

    async def run(self, work: Callable[[Books], T]) -> T:
        future: asyncio.Future[tuple[T, None] | tuple[None, Exception]] = asyncio.get_running_loop().create_future()
        try:
            self._writer.put(_Work(work), future)
            result, refusal = await future
        except LedgerUnavailable as error:
            raise OperationsUnavailable(f"operations cannot be kept now: {error.why}", _BACK_S) from None
        if refusal is not None:
            raise refusal
        return result  # type: ignore[return-value]  # of these two one is there

    async def close(self) -> None:
        await self._writer.end()


class _Work:
    """A refusal is an outcome here: it changed nothing, and is no fault of the transaction."""

    def __init__(self, work: Callable[[Books], Any]) -> None:
        self._work = work

    def apply(self, books: Books, /) -> tuple[Any, Exception | None]:
        try:
            return self._work(books), None
        except (Rejection, LeaseLost) as refusal:
            return None, refusal


async def open_operations(
    file: Path,
    *,
    patience_s: float = _PATIENCE_S,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> SqliteTransactions:
    """A handle on the file, which is made where there is none. Raises `OperationsUnavailable`."""
    opened = functools.partial(connect, file, Durability.FULL, patience_s, OPERATIONS)
    writer = Writer(file, opened, SqliteBooks, patience_s, 0.0, clock, pause)
    try:
        await writer.start()
    except LedgerUnavailable as error:
        raise OperationsUnavailable(f"operations cannot be kept: {error.why}", _BACK_S) from error
    return SqliteTransactions(writer)
