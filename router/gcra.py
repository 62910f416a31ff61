"""The generic cell rate algorithm: a token bucket whose whole state is one instant.

That instant is the *theoretical arrival time* (tat): when the bucket will be full again. A bucket whose tat has passed
is full, so that it need not be stored. Source: ITU-T I.371, annex A, virtual scheduling. Times are whole nanoseconds on
the monotonic clock, which is one for all processes of a host; whole, so that a burst is exact and nothing drifts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class RateLimit:
    """At most `burst` at once and `per_second` in the long run: never over per_second × t + burst within t seconds."""

    per_second: float
    burst: int

    def __post_init__(self) -> None:
        if not 1e-6 <= self.per_second <= 1e6:  # between once in 12 days and what one host can do
            raise ValueError(f"per_second is {self.per_second}, not between 1e-6 and 1e6")
        if not 1 <= self.burst <= 1_000_000:
            raise ValueError(f"burst is {self.burst}, not between 1 and 1000000")

    @property
    def interval_ns(self) -> int:
        """What one arrival adds to tat; rounded up, against the caller."""
        return math.ceil(_SECOND_NS / self.per_second)


def arrive(tat_ns: int, now_ns: int, interval_ns: int, burst: int) -> tuple[int, int]:
    """(the new tat, 0) where the arrival conforms, else (the same tat, how long to wait until it would).

    A tat beyond what `burst` allows is from a wider limit or another boot: the bucket then counts as just empty.
    """
    window_ns = interval_ns * burst
    start_ns = min(max(tat_ns, now_ns), now_ns + window_ns)
    wait_ns = start_ns + interval_ns - window_ns - now_ns
    return (start_ns + interval_ns, 0) if wait_ns <= 0 else (start_ns, wait_ns)


def take(tat_ns: int, now_ns: int, interval_ns: int, burst: int, most: int) -> tuple[int, int, int]:
    """Several arrivals at once: (the new tat, how many, 0), or (the same tat, 0, how long to wait until one conforms).

    Beyond the first, at most a sixteenth of what the bucket has left.
    """
    tat_ns, wait_ns = arrive(tat_ns, now_ns, interval_ns, burst)
    if wait_ns:
        return tat_ns, 0, wait_ns
    left = (now_ns + interval_ns * burst - tat_ns) // interval_ns
    more = min(most - 1, left // 16)
    return tat_ns + more * interval_ns, 1 + more, 0
