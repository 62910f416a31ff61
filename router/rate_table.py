"""The rate limits' memory: one file that all router workers of a host map, so that a limit holds for the host.

    header (64 bytes): magic, the number of rows, the key of the names' hash
    rows: 8 names of 16 bytes, then their 8 theoretical arrival times in int64 nanoseconds

A name's hash chooses its row. A slot whose time has passed is a full bucket, which is what a stranger has: it is free,
and giving it to another name loses nothing. A row is changed under a byte-range lock that belongs to the open file (an
"open file description" lock), so the kernel drops it when its holder dies, at whatever instruction.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

from router.gcra import RateLimit, take

ROWS = 8192  # × 8 slots = 64 Ki, 1.5 MiB; at 16 Ki busy names, 1 in 5,000 rows is full
SLOTS = 8
_MAGIC = b"fdyrate1"
_HEADER = struct.Struct("<8sQ32s16x")
_ROW = struct.Struct("=" + "16s" * SLOTS + "q" * SLOTS)
_NAME = struct.Struct("=16s")
_TIME = struct.Struct("=q")
_SPINS = 20  # some 40 µs: many times what the lock is held for
_NAP_S = 0.0005
_FLOCK = struct.Struct("hhqqi4x")  # struct flock of Linux on 64 bits: type, whence, start, length, pid (0)


def create_rate_table(file: Path, random_bytes: Callable[[int], bytes], rows: int = ROWS) -> None:
    """An empty table in place of any before: by the supervisor, before its workers start. Best on a tmpfs."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, _HEADER.size + rows * _ROW.size)  # a full disk is found now, not by a SIGBUS
        os.pwrite(descriptor, _HEADER.pack(_MAGIC, rows, random_bytes(32)), 0)
    finally:
        os.close(descriptor)
    draft.replace(file)


class RateTable:
    """One worker's view. Open it after any fork: a lock is shared by those who share the open file."""

    def __init__(self, file: Path, patience: int = 40, pause: Callable[[float], None] = time.sleep) -> None:
        """A row's lock is held for some 3 µs: it is asked for `_SPINS` times, and then after each of `patience` naps.

        So a worker that is descheduled is waited for, and one that a debugger has stopped holds nobody up.
        """
        self._descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
        size = os.fstat(self._descriptor).st_size
        self._rows: int
        magic, self._rows, key = _HEADER.unpack(os.pread(self._descriptor, _HEADER.size, 0).ljust(_HEADER.size))
        if magic != _MAGIC or self._rows < 1 or size != _HEADER.size + self._rows * _ROW.size:
            os.close(self._descriptor)
            raise ValueError(f"{file} is not a rate table")
        self._map = mmap.mmap(self._descriptor, size)
        self._hash = hashlib.blake2b(key=key, digest_size=16)
        self._patience = patience
        self._pause = pause

    def close(self) -> None:
        self._map.close()
        os.close(self._descriptor)

    def take(self, name: bytes, limit: RateLimit, now_ns: int, most: int) -> tuple[int, int] | None:
        """(how many arrivals are counted, 0), from 1 to `most`, or (0, the nanoseconds until one would conform).

        None where nothing is known or counted: the row is full of busy names, or its lock is not to be had.
        """
        digest = self._digest(name)
        row = self._row_of(digest)
        if not self.lock(row):
            return None
        try:
            return self._take(row, digest, limit, now_ns, most)
        finally:
            self.unlock(row)

    def lock(self, row: int) -> bool:
        """Whether the row is ours now."""
        wanted = self._flock(fcntl.F_WRLCK, row)
        for attempt in range(_SPINS + self._patience):
            try:
                fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, wanted)
            except (BlockingIOError, PermissionError):  # EAGAIN or EACCES: POSIX allows both
                self._pause(0.0 if attempt < _SPINS else _NAP_S)
            else:
                return True
        return False

    def unlock(self, row: int) -> None:
        fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, self._flock(fcntl.F_UNLCK, row))

    def row(self, name: bytes) -> int:
        """Where this name is kept."""
        return self._row_of(self._digest(name))

    def _digest(self, name: bytes) -> bytes:
        """Keyed, so that nobody can choose names that fall into one row."""
        hashed = self._hash.copy()
        hashed.update(name)
        return hashed.digest()

    def _row_of(self, digest: bytes) -> int:
        return int.from_bytes(digest[:8], "little") % self._rows

    def _flock(self, kind: int, row: int) -> bytes:
        return _FLOCK.pack(kind, os.SEEK_SET, _HEADER.size + row * _ROW.size, _ROW.size, 0)

    def _take(self, row: int, digest: bytes, limit: RateLimit, now_ns: int, most: int) -> tuple[int, int] | None:
        start = _HEADER.size + row * _ROW.size
        fields = _ROW.unpack_from(self._map, start)
        names, times = fields[:SLOTS], fields[SLOTS:]
        if digest in names:
            slot = names.index(digest)
        else:
            slot = next((index for index, tat_ns in enumerate(times) if tat_ns <= now_ns), -1)
            if slot < 0:
                return None
            _NAME.pack_into(self._map, start + slot * _NAME.size, digest)  # killed here: a full bucket, as it was
        tat_ns, count, wait_ns = take(times[slot], now_ns, limit.interval_ns, limit.burst, most)
        _TIME.pack_into(self._map, start + SLOTS * _NAME.size + slot * _TIME.size, tat_ns)
        return count, wait_ns
