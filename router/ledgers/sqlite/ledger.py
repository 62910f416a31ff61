"""The ledger of one host: durable before it answers, and shared by all processes that open the same file."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from router.ledgers.contract import MAX_ANSWER_BYTES, Discrepancy
from router.ledgers.handle import QueuedHandle
from router.ledgers.sqlite.books import SqliteBooks
from router.ledgers.sqlite.schema import Durability, connect
from router.ledgers.sqlite.verify import verify_file
from router.ledgers.sqlite.writer import Writer

T = TypeVar("T")

_PATIENCE_S = 5.0
_IDLE_FLUSH_S = 0.05


class SqliteLedger(QueuedHandle[Writer[SqliteBooks]]):
    """Made by `open_sqlite_ledger`; for the event loop that it was made on, and not to be carried over a fork."""

    def __init__(self, file: Path, writer: Writer[SqliteBooks], patience_s: float, max_answer_bytes: int) -> None:
        super().__init__(writer, max_answer_bytes)
        self._file = file
        self._patience_s = patience_s

    async def verify(self) -> tuple[Discrepancy, ...]:
        self._available()
        return await asyncio.to_thread(verify_file, self._file, self._patience_s)


async def open_sqlite_ledger(
    file: Path,
    *,
    durability: Durability = Durability.FULL,
    patience_s: float = _PATIENCE_S,
    idle_flush_s: float = _IDLE_FLUSH_S,
    max_answer_bytes: int = MAX_ANSWER_BYTES,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> SqliteLedger:
    """A handle on the file, which is made where there is none: on a local disk, with room beside it for three more.

    `patience_s` is how long another process may hold the ledger before `LedgerUnavailable`; `idle_flush_s` how long a
    settlement waits for a transaction to ride with. Raises `LedgerUnavailable`.
    """
    opened = functools.partial(connect, file, durability, patience_s)
    writer = Writer(file, opened, SqliteBooks, patience_s, idle_flush_s, clock, pause)
    await writer.start()
    return SqliteLedger(file, writer, patience_s, max_answer_bytes)
