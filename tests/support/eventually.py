"""Waiting for what another task or process does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], object], timeout_s: float = 5.0) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 nobody tells us
            await asyncio.sleep(0.002)


def eventually(condition: Callable[[], object], timeout_s: float, otherwise: Callable[[], str] | str = "") -> None:
    """The same where no event loop runs; fails with what `otherwise` says."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(otherwise if isinstance(otherwise, str) else otherwise())
        time.sleep(0.05)
