"""Rate limits per principal, over all router workers of a host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from router.call import Principal
from router.errors import RateLimited
from router.gcra import RateLimit, arrive
from router.leases import Leases, SharedBuckets

_SECOND_NS = 1_000_000_000

RUNAWAY_LOOPS = RateLimit(per_second=1000.0, burst=2000)  # half of what one worker does; a guard, not a price list
FAILURES = RateLimit(per_second=1.0, burst=20)  # a person's typing and a deployment's wrong secret, not a search


@dataclass(frozen=True)
class RateOptions:
    """The limit of each principal: its own, else its tenant's for each of the tenant's principals, else the default."""

    default: RateLimit = RUNAWAY_LOOPS
    tenants: Mapping[str, RateLimit] = field(default_factory=dict)
    principals: Mapping[str, RateLimit] = field(default_factory=dict)  # by Principal.name
    failures: RateLimit = FAILURES  # failed authentications of one address


class RateLimiter:
    """`workers` is how many router processes share the table."""

    def __init__(self, options: RateOptions, shared: SharedBuckets, workers: int) -> None:
        self._options = options
        self._leases = Leases(shared)
        self._fallback = LocalBuckets(workers)

    def admit(self, principal: Principal, now: float) -> None:
        """Count one call; `now` in seconds on the monotonic clock. Raises RateLimited, and then nothing is counted."""
        name = principal.name
        wait_s = self._wait_s(b"principal\0" + name.encode(), self._limit(principal, name), now)
        if wait_s > 0.0:
            details = {"principal": name, "retry_after_s": f"{wait_s:.3f}"}
            raise RateLimited(f"{name} is over its rate; ask again in {wait_s:.3f} s", wait_s, details)

    def admit_failure(self, address: str, now: float) -> None:
        """Count one failed authentication from this address; see `router.peers`. Raises RateLimited from then on.

        A principal with a good credential behind the same address is never asked, so never blocked.
        """
        wait_s = self._wait_s(b"failure\0" + address.encode(), self._options.failures, now)
        if wait_s > 0.0:
            details = {"retry_after_s": f"{wait_s:.3f}"}
            raise RateLimited(f"too many failed authentications; ask again in {wait_s:.3f} s", wait_s, details)

    def _limit(self, principal: Principal, name: str) -> RateLimit:
        own = self._options.principals.get(name)
        return own or self._options.tenants.get(principal.tenant, self._options.default)

    def _wait_s(self, name: bytes, limit: RateLimit, now: float) -> float:
        now_ns = int(now * _SECOND_NS)
        wait_ns = self._leases.arrive(name, limit, now_ns)
        if wait_ns is None:
            wait_ns = self._fallback.arrive(name, limit, now_ns)
        return wait_ns / _SECOND_NS


class LocalBuckets:
    """This worker's share of a limit, for the rare call that the shared table cannot count.

    1/workers of the rate and of the burst: all workers together stay within the limit (with a burst of at least one
    each), and nobody is refused for the names that share his row. Who changes between table and share has both bursts.
    """

    def __init__(self, workers: int, entries: int = 4096) -> None:
        self._workers = workers
        self._entries = entries
        self._tats: dict[bytes, int] = {}

    def arrive(self, name: bytes, limit: RateLimit, now_ns: int) -> int:
        """0 where the arrival conforms, else the nanoseconds until it would."""
        if name not in self._tats and len(self._tats) >= self._entries:
            self._make_room(now_ns)
        burst = max(1, limit.burst // self._workers)
        tat_ns, wait_ns = arrive(self._tats.get(name, 0), now_ns, limit.interval_ns * self._workers, burst)
        self._tats[name] = tat_ns
        return wait_ns

    def _make_room(self, now_ns: int) -> None:
        """Without the full buckets; where none is full, without the fullest."""
        busy = {name: tat_ns for name, tat_ns in self._tats.items() if tat_ns > now_ns}
        if len(busy) >= self._entries:
            del busy[min(busy, key=lambda name: busy[name])]
        self._tats = busy
