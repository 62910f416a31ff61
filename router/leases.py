"""Arrivals that a worker takes from the shared table several at a time: most calls touch neither its lock nor its rows.

Who calls again while the last lease is fresh gets one twice as large, and whoever pauses begins anew with one: at most
one lease is ever wasted. A lease is counted when it is taken and good for `_LEASE_NS`, so that a worker never admits
more than per_second × (t + 0.02) + burst within t seconds; and it never holds more than a sixteenth of what a bucket
has left: near its limit every arrival is counted by itself, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from router.gcra import RateLimit

_LEASE_NS = 20_000_000
_LARGEST = 32  # a call in 32 pays for the lock, which no longer shows


class SharedBuckets(Protocol):
    """What leases need of `router.rate_table.RateTable`."""

    def take(self, name: bytes, limit: RateLimit, now_ns: int, most: int) -> tuple[int, int] | None: ...


class Leases:
    """Of one worker. More than `entries` names at once, and the leases of all are given up."""

    def __init__(self, shared: SharedBuckets, entries: int = 4096) -> None:
        self._shared = shared
        self._entries = entries
        self._held: dict[bytes, _Lease] = {}

    def arrive(self, name: bytes, limit: RateLimit, now_ns: int) -> int | None:
        """0 where the arrival conforms (and is counted), else the nanoseconds until it would; None where the shared
        table can count nothing now."""
        lease = self._held.get(name)
        most = 1
        if lease is not None and now_ns < lease.until_ns:
            if lease.left:
                lease.left -= 1
                return 0
            most = min(2 * lease.size, _LARGEST)
        taken = self._shared.take(name, limit, now_ns, most)
        if taken is None:
            return None
        count, wait_ns = taken
        if lease is None and len(self._held) >= self._entries:
            self._held.clear()
        self._held[name] = _Lease(max(1, count), max(0, count - 1), now_ns + _LEASE_NS)
        return wait_ns


@dataclass(slots=True)
class _Lease:
    size: int
    left: int
    until_ns: int
