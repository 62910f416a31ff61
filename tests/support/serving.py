"""A whole router on a loop of its own in another thread, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from tests.support.router import Router, RouterOptions, running


@contextmanager
def serving(folder: Path, options: RouterOptions | None = None) -> Iterator[Router]:
    """A router for as long as the block; what it raises when it starts or ends is raised here."""
    ready: Future[tuple[Router, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    ended: Future[None] = Future()

    async def serve() -> None:
        async with running(folder, options) as router:
            asked_to_end = asyncio.Event()
            ready.set_result((router, asyncio.get_running_loop(), asked_to_end))
            await asked_to_end.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            (ended if ready.done() else ready).set_exception(error)
            raise
        ended.set_result(None)

    thread = threading.Thread(target=run, name="router")
    thread.start()
    try:
        router, loop, asked_to_end = ready.result()
        try:
            yield router
        finally:
            loop.call_soon_threadsafe(asked_to_end.set)
            ended.result()
    finally:
        thread.join()
