"""Time limits for what waits: one look at all of them every 50 ms, where a timer for each would cost a call 10 µs.

So a limit is kept up to 50 ms late; and a loop that was held up itself first looks at what has come in the meantime,
before it judges others for being late. Otherwise it is `asyncio.timeout`: what waits is cancelled, and who asked gets
TimeoutError; see its source for why `uncancel` is counted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

_LOOK_S = 0.05
T = TypeVar("T")


class Patience:
    """Lives on one event loop."""

    def __init__(self) -> None:
        self._waits: set[_Wait] = set()
        self._next_look: asyncio.TimerHandle | None = None
        self._planned = 0.0

    async def wait(self, work: Awaitable[T], limit_s: float, hurried: bool = False) -> T:
        """What `work` gives; raises TimeoutError after `limit_s`, or, where `hurried`, as soon as `hurry` is called."""
        task = asyncio.current_task()
        assert task is not None, "only a task can be cancelled"
        wait = _Wait(task, time.monotonic() + limit_s, hurried)
        self._waits.add(wait)
        if self._next_look is None:
            self._look_later()
        try:
            return await work
        except asyncio.CancelledError:
            if wait.over and task.uncancel() <= wait.cancelling:
                raise TimeoutError from None
            raise
        finally:
            self._waits.discard(wait)

    def hurry(self) -> None:
        """End all waits that are `hurried`."""
        for wait in [wait for wait in self._waits if wait.hurried]:
            wait.end()

    def _look(self) -> None:
        now = time.monotonic()
        if now < self._planned + _LOOK_S:
            for wait in [wait for wait in self._waits if wait.until <= now]:
                wait.end()
        self._next_look = None
        if self._waits:
            self._look_later()

    def _look_later(self) -> None:
        self._planned = time.monotonic() + _LOOK_S
        self._next_look = asyncio.get_running_loop().call_later(_LOOK_S, self._look)


class _Wait:
    __slots__ = ("cancelling", "hurried", "over", "task", "until")

    def __init__(self, task: asyncio.Task[object], until: float, hurried: bool) -> None:
        self.task = task
        self.until = until
        self.hurried = hurried
        self.cancelling = task.cancelling()  # by others, before
        self.over = False

    def end(self) -> None:
        if not self.over:
            self.over = True
            self.task.cancel()
