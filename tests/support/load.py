"""Steady load: clients that call again and again, each from a thread and over a connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

Call = Callable[[], object]
_PAUSE_S = 0.01  # between two calls of a client: the machine is needed for what is under test
_END_TIMEOUT_S = 90.0  # of the last call


@dataclass
class Load:
    """What has come of it so far."""

    answers: list[float] = field(default_factory=list)  # when each answer came, in monotonic seconds
    failures: list[Exception] = field(default_factory=list)

    def wait_for(self, count: int, timeout_s: float = 30.0) -> None:
        """Until so many more answers have come."""
        wanted, end = len(self.answers) + count, time.monotonic() + timeout_s
        while len(self.answers) < wanted:
            assert not self.failures, self.failures
            assert time.monotonic() < end, f"only {len(self.answers)} of {wanted} answers in {timeout_s:g} s"
            time.sleep(0.01)


@contextmanager
def load(client: Callable[[], AbstractContextManager[Call]], count: int) -> Iterator[Load]:
    """`count` clients for as long as the block, which begins when each has had an answer; all calls are awaited."""
    told = Load()
    ended = threading.Event()

    def run() -> None:
        with client() as call:
            while not ended.is_set():
                try:
                    call()
                except Exception as error:  # noqa: BLE001 whatever it is, it belongs to the test
                    told.failures.append(error)
                else:
                    told.answers.append(time.monotonic())
                ended.wait(_PAUSE_S)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        told.wait_for(2 * count)
        yield told
    finally:
        ended.set()
        for thread in threads:
            thread.join(_END_TIMEOUT_S)
        assert not any(thread.is_alive() for thread in threads), "a call never ended"
