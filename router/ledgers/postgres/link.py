"""The one connection of a handle, made again when it is lost."""

from __future__ import annotations

import asyncio
import math
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import psycopg

from router.ledgers.postgres.schema import Connection, Durability, prepare


class Link:
    """`patience_s` is how long any one exchange with the server may take before the connection is cut."""

    def __init__(self, conninfo: str, durability: Durability, patience_s: float) -> None:
        self._conninfo = conninfo
        self._durability = durability
        self._patience_s = patience_s
        self._connection: Connection | None = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Dropped after it was lost. Raises `LedgerUnavailable` as `prepare` does, and psycopg.Error."""
        try:
            if self._connection is None:
                self._connection = await self._connect()
            with _Cut(self._connection, self._patience_s):
                yield self._connection
        finally:
            if self._connection is not None and self._connection.closed:
                self._connection = None

    def cut(self) -> None:
        """Whoever waits on the connection sees it lost."""
        if self._connection is not None:
            _shut(self._connection)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _connect(self) -> Connection:
        # What a router has left behind ends by itself, also where the server does not see that it is gone.
        limits = f"-c statement_timeout={math.ceil(1000 * self._patience_s)}"
        flush = f"-c synchronous_commit={self._durability.value}"
        connection: Connection = await psycopg.AsyncConnection.connect(
            self._conninfo,
            autocommit=True,
            prepare_threshold=0,
            connect_timeout=math.ceil(self._patience_s),
            options=f"{limits} {flush} -c default_transaction_isolation=read\\ committed",
            application_name="faraday ledger",
        )
        async with AsyncExitStack() as unless_prepared:
            unless_prepared.push_async_callback(connection.close)
            with _Cut(connection, self._patience_s):
                await prepare(connection, self._durability)
            unless_prepared.pop_all()
        return connection


class _Cut:
    """Shuts the socket when time is over, so that whoever waits on it sees the connection lost.

    Cancelling instead would make psycopg ask the server to cancel, and wait for it: perhaps for ever.
    """

    def __init__(self, connection: Connection, after_s: float) -> None:
        self._connection = connection
        self._after_s = after_s

    def __enter__(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._after_s, _shut, self._connection)

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _shut(connection: Connection) -> None:
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as copy:
        copy.shutdown(socket.SHUT_RDWR)
