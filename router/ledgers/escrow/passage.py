"""One at a time on this host: whoever moves budget between the two ledgers, or adds up both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from router.ledgers.errors import LedgerUnavailable
from router.ledgers.sqlite.turn import Turn


class Passage:
    """Among the tasks of a process by a lock, among the processes of the host by their turns on a file.

    Whoever is within must not be cancelled: budget on its way would be lost, and the turn never given on.
    """

    def __init__(
        self, file: Path, patience_s: float, clock: Callable[[], float], pause: Callable[[float], None]
    ) -> None:
        self._turn = Turn(file, patience_s, clock, pause)
        self._lock = asyncio.Lock()
        self._closed = False

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Raises `LedgerUnavailable` where the turn does not come in time, or this handle is closed."""
        async with self._lock:
            if self._closed:
                raise LedgerUnavailable("this handle is closed")
            turn = self._turn.taken()
            await asyncio.to_thread(turn.__enter__)
            try:
                yield
            finally:
                turn.__exit__(None, None, None)

    async def close(self) -> None:
        """When nobody is within; nobody will be."""
        async with self._lock:
            if not self._closed:
                self._turn.close()
            self._closed = True
