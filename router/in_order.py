"""Answers in the order of their questions, several of them under way at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


async def in_order(
    questions: AsyncIterator[Q], answer: Callable[[Q], Coroutine[Any, Any, A]], window: int
) -> AsyncGenerator[A, None]:
    """Each answer as soon as it and all before it are there; at most `window` are computed and not yet taken.

    What ends the questions too early is raised after the last answer; what `answer` raises ends the answers.
    """
    free = asyncio.Semaphore(window)
    under_way: asyncio.Queue[asyncio.Task[A] | None] = asyncio.Queue()

    async def read() -> None:
        try:
            async for question in questions:
                await free.acquire()
                under_way.put_nowait(asyncio.create_task(answer(question)))
        finally:
            under_way.put_nowait(None)

    reader = asyncio.create_task(read())
    try:
        while (task := await under_way.get()) is not None:
            yield await task
            free.release()
        await reader
    finally:
        reader.cancel()
        while not under_way.empty():
            if (unwanted := under_way.get_nowait()) is not None:
                unwanted.cancel()
