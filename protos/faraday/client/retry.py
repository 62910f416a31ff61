"""When a failed call is made again: on UNAVAILABLE only, after a random pause, never beyond the deadline.

The pause before repeat k is uniform in [0, min(cap, first · 2^k)], "full jitter" (M. Brooker, "Exponential backoff and
jitter", AWS Architecture Blog, 2015), on top of the delay that the server asks for.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from faraday.client.errors import Unavailable

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Retry:
    """How often and how patiently. The defaults ride out the loss of a worker or a replica: about 3 s at most."""

    attempt_count: int = 6  # the first one included
    first_s: float = 0.1
    cap_s: float = 5.0
    rng: random.Random = field(default_factory=random.Random, compare=False, repr=False)

    def pause_s(self, failed_count: int, asked_s: float | None) -> float:
        """How long to wait after `failed_count` failures, where the server asked for `asked_s`."""
        return (asked_s or 0.0) + self.rng.uniform(0.0, min(self.cap_s, self.first_s * 2 ** (failed_count - 1)))


@dataclass(frozen=True)
class Clock:
    """Time, as the retries see it."""

    now: Callable[[], float] = time.monotonic  # in seconds
    sleep: Callable[[float], None] = time.sleep


def attempts(once: Callable[[float], Answer], timeout_s: float, retry: Retry, clock: Clock) -> Answer:
    """What `once(remaining_s)` returns; again where it raises `Unavailable` and a pause fits before the deadline."""
    deadline = clock.now() + timeout_s
    failed_count = 0
    while True:
        try:
            return once(deadline - clock.now())
        except Unavailable as error:
            failed_count += 1
            pause_s = retry.pause_s(failed_count, error.failure.retry_after_s)
            if failed_count >= retry.attempt_count or clock.now() + pause_s >= deadline:
                raise
        clock.sleep(pause_s)
