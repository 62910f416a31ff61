"""Work that would hold up the event loop, beside it: so much at once, and the rest is told to come back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TypeVar

from router.errors import Overloaded

T = TypeVar("T")
_RETRY_S = 1.0


class Beside:
    """On one thread of one worker; `places` limits what waits for it, and so the memory that it holds."""

    def __init__(self, what: str, places: int) -> None:
        self._what = what
        self._thread = ThreadPoolExecutor(1, what)
        self._places = BoundedSemaphore(places)

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. Raises Overloaded where all places are taken; who goes away leaves its place
        only when its work is done."""
        if not self._places.acquire(blocking=False):
            raise Overloaded(f"other {self._what} come first; send this again soon", _RETRY_S)
        working = self._thread.submit(work)
        working.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(working)
