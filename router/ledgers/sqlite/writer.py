"""One thread that owns the connection: what is queued while a transaction commits is the next transaction.

So a flush of the disk is shared by all who wait for one ("group commit": DeWitt et al. 1984, SIGMOD Record 14(2)).
Where a transaction fails, all of it fails closed.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from router.ledgers.errors import LedgerError, LedgerUnavailable, Refused
from router.ledgers.sqlite.schema import create
from router.ledgers.sqlite.turn import Turn

_BATCH = 1024  # a transaction of some 50 ms
_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}  # the next transaction may do better

Future = asyncio.Future[Any]
Outcome = tuple[Future, Any, LedgerError | None]


class Transactions(Protocol):
    """What operations are applied to: the books of a ledger, the books of an audit log."""

    def begin(self) -> None: ...

    def commit(self) -> None:
        """Durable when it returns."""
        ...

    def roll_back(self) -> None: ...


B = TypeVar("B", bound=Transactions)
B_contra = TypeVar("B_contra", contravariant=True)


class Work(Protocol[B_contra]):
    def apply(self, books: B_contra, /) -> Any:
        """Raises `Refused` before any change, and nothing else."""
        ...


Queued = tuple[Work[B], Future | None]  # None: written lazily, nobody waits


class Writer(Generic[B]):
    """Started by `start`. Operations are applied in the order in which they are queued.

    `connect` opens the file, which is there by then, when it is this handle's turn.
    """

    def __init__(
        self,
        file: Path,
        connect: Callable[[], sqlite3.Connection],
        books: Callable[[sqlite3.Connection], B],
        patience_s: float,
        idle_flush_s: float,
        clock: Callable[[], float],
        pause: Callable[[float], None],
    ) -> None:
        self._file = file
        self._connect = connect
        self._books = books
        self._patience_s = patience_s
        self._idle_flush_s = idle_flush_s
        self._clock = clock
        self._pause = pause
        self._queue: queue.SimpleQueue[Queued[B] | None] = queue.SimpleQueue()  # None ends the thread
        self._batch: list[Queued[B]] = []  # in the transaction of now
        self._broken = ""  # why nothing is written any more
        self._end = "the ledger's thread died of an error of our own"
        self._loop = asyncio.get_running_loop()
        self._opened: Future = self._loop.create_future()
        self._ended: Future = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)

    async def start(self) -> None:
        """Raises `LedgerUnavailable`."""
        self._thread.start()
        await self._opened

    def put(self, operation: Work[B], future: Future | None) -> None:
        """Raises `LedgerUnavailable` where nothing is written any more."""
        self.check()
        self._queue.put((operation, future))

    def check(self) -> None:
        if self._ended.done() or self._broken:
            raise LedgerUnavailable(self._broken or self._end)

    async def end(self) -> None:
        """After all that is queued has been written. The thread is gone when it returns, its last words said."""
        self._queue.put(None)
        await asyncio.shield(self._ended)
        self._thread.join()  # it has nothing left to do but to end

    def _run(self) -> None:
        try:
            create(self._file)
            lock_file = self._file.with_name(self._file.name + "-turn")
            with closing(Turn(lock_file, self._patience_s, self._clock, self._pause)) as turn:
                self._serve(turn)
        except (LedgerUnavailable, sqlite3.Error, OSError) as error:
            self._broken = str(error)
        finally:  # after an error of our own, too: nobody waits for ever
            self._call(self._over)

    def _serve(self, turn: Turn) -> None:
        with turn.taken():
            connection = self._connect()
        self._call(_deliver, [(self._opened, None, None)])
        try:
            books = self._books(connection)
            running = True
            while running:
                self._batch, running = self._gather()
                if self._batch:
                    self._call(_deliver, self._transaction(books, turn, self._batch))
            self._end = "this handle is closed"
        finally:
            with turn.taken():  # the last connection of a file checkpoints it when it closes
                connection.close()

    def _gather(self) -> tuple[list[Queued[B]], bool]:
        """Wait for work and take all that is there; False with the last. What is lazy waits a while for company."""
        batch: list[Queued[B]] = []
        awaited = False
        while len(batch) < _BATCH:
            try:
                if awaited:
                    queued = self._queue.get_nowait()
                else:
                    queued = self._queue.get(timeout=self._idle_flush_s if batch else None)
            except queue.Empty:
                break
            if queued is None:
                return batch, False
            batch.append(queued)
            awaited = awaited or queued[1] is not None
        return batch, True

    def _transaction(self, books: B, turn: Turn, batch: list[Queued[B]]) -> list[Outcome]:
        try:
            if self._broken:
                raise LedgerUnavailable(self._broken)
            with turn.taken():
                outcomes = self._committed(books, batch)
        except LedgerUnavailable as error:
            return [(future, None, error) for _, future in batch if future is not None]
        return outcomes

    def _committed(self, books: B, batch: list[Queued[B]]) -> list[Outcome]:
        try:
            books.begin()
            outcomes = [_applied(books, operation, future) for operation, future in batch]
            books.commit()
        except sqlite3.Error as error:
            why = f"SQLite: {error}"
            if error.sqlite_errorcode & 0xFF not in _PASSING:
                # After a failed flush nobody knows what is on the disk (Rebello et al. 2020, USENIX ATC): begin anew.
                self._broken = why
            books.roll_back()
            raise LedgerUnavailable(why) from error
        return [outcome for outcome in outcomes if outcome is not None]

    def _call(self, told: Callable[..., None], *arguments: object) -> None:
        """On the loop's thread."""
        with suppress(RuntimeError):  # the loop has closed, and nobody waits
            self._loop.call_soon_threadsafe(told, *arguments)

    def _over(self) -> None:
        """On the loop's thread, as `put` is: nothing is queued behind what is refused here."""
        gone = LedgerUnavailable(self._broken or self._end)
        left: list[Queued[B] | None] = list(self._batch)
        while not self._queue.empty():
            left.append(self._queue.get_nowait())
        waiting = [queued[1] for queued in left if queued is not None and queued[1] is not None]
        self._ended.set_result(None)
        _deliver([(future, None, gone) for future in (self._opened, *waiting)])


def _applied(books: B, operation: Work[B], future: Future | None) -> Outcome | None:
    if future is None:
        operation.apply(books)  # was ruled upon when it was queued: a refusal now is an error of our own, and ends us
        return None
    if future.cancelled():
        return None
    try:
        return (future, operation.apply(books), None)
    except Refused as refusal:
        return (future, None, refusal)


def _deliver(outcomes: list[Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():  # whoever waited was cancelled
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)
