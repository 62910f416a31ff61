"""The log of one host: durable before it answers, and written by all processes that open the same file."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from router.audit.books import AuditBooks
from router.audit.checkpoint import Checkpoint, Signer
from router.audit.event import AuditEvent
from router.audit.operations import Append, Condemn, Destroy, Sign
from router.audit.schema import open_file
from router.audit.subject_keys import SubjectKeys
from router.ledgers.amounts import checked_instant
from router.ledgers.errors import LedgerUnavailable
from router.ledgers.sqlite.schema import Durability
from router.ledgers.sqlite.writer import Work, Writer

INTERVAL = 256  # events between checkpoints: a signature costs as much as a few events, so an event a hundredth of it
_PATIENCE_S = 5.0
_LINGER_S = 0.05  # most answers come sooner, and their release takes the note of their charge along


class AuditLog:
    """Made by `open_audit_log`, for the event loop that it was made on. Every method may raise `LedgerUnavailable`.

    What was to be recorded is recorded even where the caller's await is cancelled.
    """

    def __init__(self, writer: Writer[AuditBooks], linger_s: float) -> None:
        self._writer = writer
        self._linger_s = linger_s
        self._owed: tuple[AuditEvent, ...] = ()  # noted and not written yet
        self._soon: asyncio.TimerHandle | None = None  # when they will be, if nothing takes them along before
        self._unfinished: set[asyncio.Future[Any]] = set()

    async def record(self, *events: AuditEvent) -> None:
        """Durable when it returns, together and in this order, behind what this handle was told before.

        Raises SubjectKeyUnusable, and has recorded nothing then; what was noted before is tried again with the next.
        """
        await asyncio.shield(self._append(events))

    def note(self, event: AuditEvent) -> None:
        """Written with what is recorded next, or in a moment: for what need not be durable before an answer leaves.

        Lost with its process. Where it cannot be written, all that is recorded after it fails likewise, until it can.
        """
        self._writer.check()
        self._owed = (*self._owed, event)
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(self._linger_s, self._write_owed)

    async def checkpoint(self, now: float) -> Checkpoint:
        """Signed and stored, of all that is in the log."""
        made: Checkpoint = await self._do(Sign(checked_instant("now", now)))
        return made

    async def forget(self, person: str, by: str, now: float) -> None:
        """Destroy this person's key: what was sealed with it is unreadable for ever, and the chain holds all the same.

        Two events say so, one before and one after. Who comes again gets a new key. Raises UnknownSubject and
        SubjectKeyUnusable; after a failure, call it again: a key that is there is condemned anew.
        """
        key = await self._do(Condemn(person, by, checked_instant("now", now)))
        await self._do(Destroy(person, key, by, now))

    async def close(self, now: float) -> None:
        """Write what is owed, sign, end. Afterwards every method raises `LedgerUnavailable`."""
        try:
            await self.record()
            await self.checkpoint(now)
        finally:
            if self._soon is not None:
                self._soon.cancel()
            await self._writer.end()

    def _write_owed(self) -> None:
        self._soon = None
        if self._owed:
            with suppress(LedgerUnavailable):  # they stay owed, and whoever records next is told
                self._append(())

    def _append(self, events: tuple[AuditEvent, ...]) -> asyncio.Future[None]:
        owed = self._owed
        future = self._put(Append(owed + events))
        self._owed = ()
        future.add_done_callback(functools.partial(self._appended, owed))
        return future

    def _appended(self, owed: tuple[AuditEvent, ...], future: asyncio.Future[None]) -> None:
        if future.exception() is not None:
            self._owed = owed + self._owed

    async def _do(self, work: Work[AuditBooks]) -> Any:
        return await asyncio.shield(self._put(work))

    def _put(self, work: Work[AuditBooks]) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._writer.put(work, future)
        self._unfinished.add(future)  # a note's future has nobody else who holds it
        future.add_done_callback(self._unfinished.discard)
        future.add_done_callback(asyncio.Future.exception)  # looked at, where nobody awaits it any more
        return future


async def open_audit_log(
    file: Path,
    keys: SubjectKeys,
    signer: Signer,
    now: float,
    random_bytes: Callable[[int], bytes],
    *,
    interval: int = INTERVAL,
    durability: Durability = Durability.FULL,
    patience_s: float = _PATIENCE_S,
    linger_s: float = _LINGER_S,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> AuditLog:
    """A handle on the file, which is made where there is none, on a local disk. Of `keys` it becomes the only user.

    `interval` counts for a new log alone: it is fixed when a log begins. `linger_s` is how long a note waits for
    company. Raises `LedgerUnavailable`, also where the end of the log is not as it was written: nothing is added to
    what was tampered with.
    """
    opened = functools.partial(open_file, file, durability, patience_s, interval, now, random_bytes)
    books = functools.partial(AuditBooks, keys=keys, signer=signer, random_bytes=random_bytes)
    writer: Writer[AuditBooks] = Writer(file, opened, books, patience_s, 0.0, clock, pause)
    await writer.start()
    return AuditLog(writer, linger_s)
