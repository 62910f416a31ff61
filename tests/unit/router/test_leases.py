"""Arrivals taken several at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.gcra import RateLimit, take
from router.leases import Leases
from router.rate_table import RateTable, create_rate_table

SECOND = 1_000_000_000
NOW = 1000 * SECOND
LEASE_NS = 20_000_000


class Bucket:
    """One bucket in memory that counts how often it is asked."""

    def __init__(self) -> None:
        self.tat_ns = 0
        self.asked = 0

    def take(self, name: bytes, limit: RateLimit, now_ns: int, most: int) -> tuple[int, int] | None:
        self.asked += 1
        self.tat_ns, count, wait_ns = take(self.tat_ns, now_ns, limit.interval_ns, limit.burst, most)
        return count, wait_ns


@pytest.fixture
def table(tmp_path: Path) -> Iterator[RateTable]:
    create_rate_table(tmp_path / "rates", os.urandom, rows=4)
    opened = RateTable(tmp_path / "rates")
    yield opened
    opened.close()


def admitted(leases: Leases, limit: RateLimit, now_ns: int, tries: int) -> int:
    return sum(leases.arrive(b"ada", limit, now_ns) == 0 for _ in range(tries))


def test_a_burst_is_exact_though_it_is_taken_in_leases(table: RateTable) -> None:
    assert admitted(Leases(table), RateLimit(1.0, 2000), NOW, 3000) == 2000


def test_two_workers_together_get_one_burst(table: RateTable) -> None:
    one, other, limit = Leases(table), Leases(table), RateLimit(1.0, 500)
    together = sum(admitted(leases, limit, NOW, 1) for _ in range(600) for leases in (one, other))
    assert together == 500


def test_a_busy_caller_seldom_asks_and_a_slow_one_wastes_nothing() -> None:
    limit, bucket = RateLimit(1000.0, 10_000), Bucket()
    assert admitted(Leases(bucket), limit, NOW, 1000) == 1000
    assert bucket.asked < 40

    bucket = Bucket()
    leases = Leases(bucket)
    for at in range(100):
        assert admitted(leases, limit, NOW + at * 2 * LEASE_NS, 1) == 1
    assert bucket.asked == 100
    assert bucket.tat_ns == NOW + 99 * 2 * LEASE_NS + limit.interval_ns, "one arrival each, nothing besides"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, LEASE_NS // 4)), min_size=1, max_size=400))
def test_workers_never_admit_more_than_the_rate_and_the_burst_allow(calls: list[tuple[int, int]]) -> None:
    limit, bucket, now, instants = RateLimit(200.0, 64), Bucket(), NOW, []
    workers = [Leases(bucket), Leases(bucket)]
    for worker, step in calls:
        now += step
        if workers[worker].arrive(b"ada", limit, now) == 0:
            instants.append(now)
    for first, start in enumerate(instants):
        for last in range(first, len(instants)):
            span_s = (instants[last] - start + LEASE_NS) / SECOND
            assert last - first + 1 <= limit.per_second * span_s + limit.burst + 1e-9


def test_more_names_than_there_is_room_for_give_up_their_leases_and_nothing_else() -> None:
    bucket = Bucket()
    leases, limit = Leases(bucket, entries=2), RateLimit(1000.0, 10_000)
    assert [leases.arrive(name, limit, NOW) for name in (b"a", b"b", b"c", b"a")] == [0] * 4
