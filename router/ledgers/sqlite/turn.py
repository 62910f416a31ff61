"""Whose turn it is to write, among the processes that share one file.

SQLite has a lock of its own, and all is correct by that alone, but for two things. Waiters for it sleep up to 0.1 s and
starve behind a busy writer. And up to SQLite 3.51.2 two connections that commit and checkpoint at the same instant can
corrupt the file (sqlite.org/wal.html, "The WAL-Reset Bug"); in turn, they cannot.

Two byte locks of the open file ("open file description" locks, which the kernel drops when their holder dies): who
waits for `_NOW` holds `_NEXT` meanwhile, so that whoever has just had its turn queues behind it.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from router.ledgers.errors import LedgerUnavailable

_NOW, _NEXT = 0, 1
_NAP_S = 0.0002  # a tenth of a disk's flush, which is what is waited for
_FLOCK = struct.Struct("hhqqi4x")  # struct flock of Linux on 64 bits: type, whence, start, length, pid (0)


class Turn:
    """One handle's place in the queue. `patience_s` is how long a turn is waited for; clock and pause in seconds."""

    def __init__(
        self, file: Path, patience_s: float, clock: Callable[[], float], pause: Callable[[float], None]
    ) -> None:
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._patience_s = patience_s
        self._clock = clock
        self._pause = pause

    def close(self) -> None:
        os.close(self._descriptor)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Raises `LedgerUnavailable` where the turn does not come in time."""
        deadline = self._clock() + self._patience_s
        self._lock(_NEXT, deadline)
        try:
            self._lock(_NOW, deadline)
        finally:
            self._unlock(_NEXT)
        try:
            yield
        finally:
            self._unlock(_NOW)

    def _lock(self, byte: int, deadline: float) -> None:
        wanted = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0)
        while True:
            try:
                fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, wanted)
            except (BlockingIOError, PermissionError):  # EAGAIN or EACCES: POSIX allows both
                if self._clock() >= deadline:
                    why = f"another process has held the ledger for {self._patience_s} s"
                    raise LedgerUnavailable(why) from None
                self._pause(_NAP_S)
            else:
                return

    def _unlock(self, byte: int) -> None:
        fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_UNLCK, os.SEEK_SET, byte, 1, 0))
