"""A disk whose flushes take a set time, alike for whoever is measured on it.

Flushes of different files take that time side by side, as on a network disk, where it is the way there and back.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from statistics import median

from ops.bench.contract import BenchFailed
from ops.flushes import CannotWatch, Flush, Flushes, start_watched

_PR_SET_TIMERSLACK = 29
_LATE_S = 30e-6  # what a sleep oversleeps, measured on two cores of 2024; what it took in truth is returned
_GLANCE_S = 0.05
_STEP_S = 0.00025  # how late the next flush may be noticed while another one is waited for


def run_on_slow_disk(run: Callable[[], None], flush_s: float, timeout_s: float) -> float:
    """Run this in a process of its own until it ends; the median of what its flushes took, in seconds.

    Raises BenchFailed where it fails, takes longer, never flushes, or its flushes cannot be watched.
    """
    ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)  # ns: a sleep may be 50 µs late else
    took: list[float] = []
    waiting: deque[tuple[float, Flush]] = deque()  # since when
    end = time.monotonic() + timeout_s
    with closing(Flushes()) as flushes:
        try:
            process = start_watched(run, flushes)
        except CannotWatch as error:
            raise BenchFailed(str(error)) from error
        while not (ended := os.waitpid(process, os.WNOHANG))[0]:
            if time.monotonic() > end:
                os.kill(process, 9)
            if flush := flushes.next(0.0 if waiting else _GLANCE_S):
                waiting.append((time.perf_counter(), flush))
                continue
            if not waiting:
                continue
            begun, flush = waiting[0]
            left_s = begun + flush_s - _LATE_S - time.perf_counter()
            if left_s > 0:
                time.sleep(min(left_s, _STEP_S))
            else:
                waiting.popleft()
                flushes.answer(flush)
                took.append(time.perf_counter() - begun)
    if code := os.waitstatus_to_exitcode(ended[1]):
        raise BenchFailed(f"a measured process ended with {code}")
    if not took:
        raise BenchFailed("a measured process never flushed")
    return median(took)
