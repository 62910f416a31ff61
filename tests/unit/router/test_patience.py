"""Time limits for what waits."""

from __future__ import annotations

import asyncio
import time

import pytest

from router.patience import Patience


async def never() -> None:
    await asyncio.Event().wait()


async def test_what_comes_in_time_is_given() -> None:
    patience = Patience()
    assert await patience.wait(asyncio.sleep(0, "answer"), 10.0) == "answer"


async def test_what_does_not_come_ends_in_a_timeout_and_its_task_goes_on() -> None:
    patience, began = Patience(), time.monotonic()
    with pytest.raises(TimeoutError):
        await patience.wait(never(), 0.02)
    assert time.monotonic() - began >= 0.02
    assert await patience.wait(asyncio.sleep(0, "next"), 10.0) == "next"


async def test_each_wait_has_its_own_limit() -> None:
    patience = Patience()
    short = asyncio.create_task(patience.wait(never(), 0.01))
    long = asyncio.create_task(patience.wait(asyncio.sleep(0.2, "long"), 10.0))
    assert isinstance((await asyncio.gather(short, return_exceptions=True))[0], TimeoutError)
    assert await long == "long"


async def test_a_hurry_ends_those_that_agreed_to_it_and_no_other() -> None:
    patience = Patience()
    agreed = asyncio.create_task(patience.wait(never(), 10.0, hurried=True))
    other = asyncio.create_task(patience.wait(asyncio.sleep(0.05, "other"), 10.0))
    await asyncio.sleep(0)
    patience.hurry()
    with pytest.raises(TimeoutError):
        await agreed
    assert await other == "other"


async def test_a_cancellation_from_outside_stays_one_even_beside_a_timeout() -> None:
    patience = Patience()
    task = asyncio.create_task(patience.wait(never(), 10.0, hurried=True))
    await asyncio.sleep(0)
    patience.hurry()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_loop_that_was_held_up_looks_again_before_it_judges() -> None:
    patience = Patience()
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(patience.wait(answer, 0.1))
    await asyncio.sleep(0)
    time.sleep(0.3)  # noqa: ASYNC251 somebody holds the loop, and the answer comes in meanwhile
    asyncio.get_running_loop().call_later(0.0, answer.set_result, "in time")
    assert await waiting == "in time"
