"""Work beside the event loop has so many places."""

from __future__ import annotations

import asyncio
import threading

import pytest

from router.beside import Beside
from router.errors import Overloaded


async def test_what_work_returns_or_raises_is_passed_on() -> None:
    beside = Beside("requests", 2)
    assert await beside.run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await beside.run(lambda: 1 // 0)


async def test_who_finds_no_place_is_told_to_come_back_and_may() -> None:
    beside, gate = Beside("requests", 1), threading.Event()
    first = asyncio.create_task(beside.run(gate.wait))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await beside.run(lambda: 7)
    gate.set()
    assert await first
    assert await beside.run(lambda: 7) == 7


async def test_a_caller_that_goes_away_leaves_its_place_when_its_work_is_done() -> None:
    beside, gate = Beside("requests", 1), threading.Event()
    first = asyncio.create_task(beside.run(gate.wait))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    with pytest.raises(Overloaded):
        await beside.run(lambda: 7)
    gate.set()
