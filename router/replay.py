"""A repeat gets the first answer: (principal, request_id) → answer, for a while.

It is this worker's memory, for retries over the same connection. What a repeat may cost is the ledger's to say, which
all workers share.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from router.call import Principal
from router.errors import Malformed, RequestIdReused

A = TypeVar("A")
Key = tuple[str, str]  # (principal's name, request_id in lower case)

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class ReplayLimits:
    """Of one router worker; the oldest answer goes first."""

    window_s: float = 300.0  # longer than any client retries
    entries: int = 10_000
    size_bytes: int = 64 << 20


@dataclass(frozen=True)
class _Kept(Generic[A]):
    request_hash: bytes
    answer: A
    size_bytes: int
    since: float


@dataclass
class _Flight(Generic[A]):
    """A first call under way."""

    request_hash: bytes
    task: asyncio.Task[A]
    waiters: int = field(default=0)


class Replays(Generic[A]):
    """Used from one event loop. `size_of` gives an answer's size in bytes."""

    def __init__(self, limits: ReplayLimits, size_of: Callable[[A], int]) -> None:
        self._limits = limits
        self._size_of = size_of
        self._kept: OrderedDict[Key, _Kept[A]] = OrderedDict()
        self._kept_bytes = 0
        self._flights: dict[Key, _Flight[A]] = {}

    async def once(
        self,
        principal: Principal,
        request_id: str,
        request_hash: bytes,
        compute: Callable[[], Awaitable[A]],
        now: float,
    ) -> tuple[A, bool]:
        """(the answer, whether it is the answer to an earlier call); `now` in seconds on the monotonic clock.

        Repeats of a call under way wait for it, and share its failure. A failure is not kept. The computation is
        cancelled when the last who waited was. Raises Malformed, RequestIdReused, and what `compute` raises.
        """
        key = (principal.name, checked_request_id(request_id))
        self._expire(now)
        while True:
            kept = self._kept.get(key)
            if kept is not None and now - kept.since < self._limits.window_s:
                return _same(kept.request_hash, request_hash, request_id, kept.answer), True
            flight = self._flights.get(key)
            if flight is None:
                return await self._wait(self._start(key, request_hash, compute, now)), False
            _same(flight.request_hash, request_hash, request_id, None)
            if flight.waiters > 0:
                return await self._wait(flight), True
            await asyncio.wait((flight.task,))  # given up by all, and not yet ended: never two at once

    def _start(self, key: Key, request_hash: bytes, compute: Callable[[], Awaitable[A]], now: float) -> _Flight[A]:
        async def run() -> A:
            return await compute()

        flight = _Flight(request_hash, asyncio.get_running_loop().create_task(run()))
        self._flights[key] = flight

        def landed(task: asyncio.Task[A]) -> None:  # before the waiters wake: it is the task's first callback
            del self._flights[key]
            if not task.cancelled() and task.exception() is None:
                self._keep(key, _Kept(request_hash, task.result(), self._size_of(task.result()), now))

        flight.task.add_done_callback(landed)
        return flight

    async def _wait(self, flight: _Flight[A]) -> A:
        flight.waiters += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiters -= 1
            if flight.waiters == 0:
                flight.task.cancel()  # does nothing to a task that has ended

    def _keep(self, key: Key, kept: _Kept[A]) -> None:
        if kept.size_bytes > self._limits.size_bytes:
            return
        expired = self._kept.pop(key, None)  # answers are in the order of their ends, not of their ages
        self._kept_bytes += kept.size_bytes - (0 if expired is None else expired.size_bytes)
        self._kept[key] = kept
        while len(self._kept) > self._limits.entries or self._kept_bytes > self._limits.size_bytes:
            self._drop_oldest()

    def _expire(self, now: float) -> None:
        while self._kept and now - next(iter(self._kept.values())).since >= self._limits.window_s:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, kept = self._kept.popitem(last=False)
        self._kept_bytes -= kept.size_bytes


T = TypeVar("T")


def checked_request_id(request_id: str) -> str:
    """In lower case. Raises Malformed where it is not a UUID in its usual form."""
    lowered = request_id.lower()
    if not _UUID.fullmatch(lowered):
        raise Malformed("request_id is not a UUID", "options.request_id")
    return lowered


def _same(first_hash: bytes, request_hash: bytes, request_id: str, answer: T) -> T:
    if first_hash != request_hash:
        raise RequestIdReused("the request_id belongs to another request", {"request_id": request_id})
    return answer
