"""One task that owns the connection: what is queued while a batch is being committed is the next batch.

So a flush of the server's disk is shared by all who wait for one, and the hot rows are locked once for all of them.

A connection may be lost when a batch was sent and its outcome has not come. The same batch is then asked again, by its
number: `apply` answers what it has done before, or does it now. So nothing is charged twice, and nothing that was
charged is said not to be. A batch that stays without an answer for `patience_s` has an unknown outcome, and
`LedgerUnavailable` says so; `apply` refuses it should it still arrive after the next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, suppress
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import psycopg

from router.ledgers.errors import LedgerError, LedgerUnavailable, Refused
from router.ledgers.operations import Operation
from router.ledgers.postgres.link import Link
from router.ledgers.postgres.schema import Connection, Durability
from router.ledgers.postgres.wire import Batch, Meaning, ask

_BATCH = 256  # operations: a transaction of some 30 ms, and as many of the server's locks
_NAP_S = 0.05  # between attempts to reach a server
_PASSING = {"40001", "40P01", "55P03", "57014"}  # serialization, deadlock, lock or statement timeout: nothing was done

T = TypeVar("T")

Future = asyncio.Future[Any]
Queued = tuple[Operation[Any], Future | None]  # None: written lazily, nobody waits
Outcome = tuple[Future, Any, LedgerError | None]


class Writer:
    """Started by `start`, on the loop that it is made on. Operations are applied in the order they are queued in."""

    def __init__(
        self,
        id: UUID,
        link: Link,
        durability: Durability,
        patience_s: float,
        idle_flush_s: float,
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._id = id
        self._link = link
        self._durability = durability
        self._patience_s = patience_s
        self._idle_flush_s = idle_flush_s
        self._clock = clock
        self._pause = pause
        self._queue: deque[Queued] = deque()
        self._batch: list[Queued] = []  # being written now
        self._wake = asyncio.Event()
        self._ending = False
        self._broken = ""  # why nothing is written any more
        self._number = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises `LedgerUnavailable`."""
        async with AsyncExitStack() as unless_enrolled:
            unless_enrolled.push_async_callback(self._link.close)
            await self._persistently(self._enrol)
            unless_enrolled.pop_all()
        self._task = asyncio.create_task(self._run(), name="ledger")

    def put(self, operation: Operation[Any], future: Future | None) -> None:
        """Raises `LedgerUnavailable` where nothing is written any more."""
        self.check()
        self._queue.append((operation, future))
        self._wake.set()

    def check(self) -> None:
        if self._ending or self._broken:
            raise LedgerUnavailable(self._broken or "this handle is closed")

    async def end(self) -> None:
        """After all that is queued has been written."""
        self._ending = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def abandon(self) -> None:
        """At once, as if the process ended: what is queued is not written."""
        self._ending = True
        if self._task is not None:
            self._link.cut()
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _enrol(self, connection: Connection) -> None:
        """A second time, if the first was done and its outcome lost, changes nothing."""
        query = "INSERT INTO faraday_ledger.writer VALUES (%s, 0, '{}') ON CONFLICT DO NOTHING"
        await connection.execute(query, [self._id])

    async def _resign(self, connection: Connection) -> None:
        await connection.execute("DELETE FROM faraday_ledger.writer WHERE id = %s", [self._id])

    async def _run(self) -> None:
        try:
            while batch := await self._gather():
                self._batch = batch
                _deliver(await self._answered(batch))
            with suppress(LedgerUnavailable):  # a row left behind harms nobody
                await self._persistently(self._resign)
        finally:  # after an error of our own, too: nobody waits for ever
            self._broken = self._broken or "this handle is closed"
            gone = LedgerUnavailable(self._broken)
            _deliver((future, None, gone) for _, future in (*self._batch, *self._queue) if future is not None)
            self._queue.clear()
            await self._link.close()

    async def _gather(self) -> list[Queued]:
        """Wait for work and take all that is there; nothing at the end. What is lazy waits a while for company."""
        batch: list[Queued] = []
        awaited = False
        while True:
            while self._queue and len(batch) < _BATCH:
                batch.append(self._queue.popleft())
                awaited = awaited or batch[-1][1] is not None
            if awaited or self._ending or len(batch) == _BATCH:
                return batch
            self._wake.clear()
            try:
                async with asyncio.timeout(self._idle_flush_s if batch else None):
                    await self._wake.wait()
            except TimeoutError:
                return batch

    async def _answered(self, queued: list[Queued]) -> Iterable[Outcome]:
        batch = Batch()
        meanings: list[tuple[Future | None, Meaning]] = []
        for operation, future in queued:
            if future is None or not future.cancelled():
                meanings.append((future, ask(operation, batch)))
        self._number += 1
        number = self._number

        async def exchange(connection: Connection) -> list[Outcome]:
            outcomes = await self._applied(connection, batch, number) if batch.asked else []
            answered = [await _meant(connection, meaning, outcomes, future) for future, meaning in meanings]
            return [outcome for outcome in answered if outcome is not None]

        try:
            return await self._persistently(exchange)
        except LedgerUnavailable as error:
            return [(future, None, error) for future, _ in meanings if future is not None]

    async def _applied(self, connection: Connection, batch: Batch, number: int) -> list[dict[str, Any]]:
        # As one document each way: psycopg writes and reads the elements of an array one by one, some 50 µs each.
        cursor = await connection.execute(
            "SELECT to_jsonb(faraday_ledger.apply(%s, %s, %s, %s::text[], %s::text[], %s::text[], "
            "ARRAY(SELECT jsonb_array_elements(%s::jsonb)), %s::bytea[]))::text",
            [
                self._id,
                number,
                self._durability.value,
                [key.dataset for key in batch.keys],
                [key.tenant for key in batch.keys],
                [key.user for key in batch.keys],
                f"[{','.join(batch.asked)}]",
                batch.answers,
            ],
        )
        row = await cursor.fetchone()
        assert row is not None
        outcomes: list[dict[str, Any]] = msgspec.json.decode(row[0])
        return outcomes

    async def _persistently(self, exchange: Callable[[Connection], Awaitable[T]]) -> T:
        """Until it has been answered, on new connections where the old are lost. Raises `LedgerUnavailable`."""
        deadline = self._clock() + self._patience_s
        while True:
            try:
                async with self._link.connection() as connection:
                    return await exchange(connection)
            except psycopg.Error as error:
                # Without a code libpq speaks, of a connection; 08 and 57P are the server's words for the end of one.
                code = error.sqlstate or "08"
                why = f"PostgreSQL: {error}"
                again = code[:2] == "08" or code[:3] == "57P" or code in _PASSING
                if not again or self._clock() >= deadline:
                    raise LedgerUnavailable(why) from error
            await self._pause(_NAP_S)


async def _meant(
    connection: Connection, meaning: Meaning, outcomes: list[dict[str, Any]], future: Future | None
) -> Outcome | None:
    if future is None:
        await meaning(connection, outcomes)
        return None
    try:
        return (future, await meaning(connection, outcomes), None)
    except Refused as refusal:
        return (future, None, refusal)


def _deliver(outcomes: Iterable[Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():  # whoever waited was cancelled
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)
