"""Rate limits per principal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.call import Principal
from router.errors import RateLimited
from router.gcra import RateLimit
from router.rate import LocalBuckets, RateLimiter, RateOptions
from router.rate_table import RateTable, create_rate_table

ADA = Principal("ada", "charite", frozenset())
BOB = Principal("bob", "charite", frozenset())
EVE = Principal("eve", "elsewhere", frozenset())
OPTIONS = RateOptions(
    default=RateLimit(1.0, 2),
    tenants={"charite": RateLimit(1.0, 3)},
    principals={"charite/bob": RateLimit(1.0, 4)},
    failures=RateLimit(1.0, 1),
)


class NoRoom:
    """A table that can count nothing."""

    def take(self, name: bytes, limit: RateLimit, now_ns: int, most: int) -> tuple[int, int] | None:
        return None


@pytest.fixture
def limiter(tmp_path: Path) -> Iterator[RateLimiter]:
    create_rate_table(tmp_path / "rates", os.urandom, rows=64)
    table = RateTable(tmp_path / "rates")
    yield RateLimiter(OPTIONS, table, workers=2)
    table.close()


def admitted(limiter: RateLimiter, principal: Principal, now: float) -> int:
    for count in range(100):
        try:
            limiter.admit(principal, now)
        except RateLimited:
            return count
    raise AssertionError("there is no limit")


def test_the_own_limit_counts_before_the_tenants_and_that_before_the_default(limiter: RateLimiter) -> None:
    assert [admitted(limiter, who, 100.0) for who in (EVE, ADA, BOB)] == [2, 3, 4]


def test_who_is_refused_is_told_exactly_when_to_come_back(limiter: RateLimiter) -> None:
    admitted(limiter, EVE, 100.0)
    with pytest.raises(RateLimited) as caught:
        limiter.admit(EVE, 100.25)
    assert caught.value.retry_after_s == 0.75
    assert caught.value.details == {"principal": "elsewhere/eve", "retry_after_s": "0.750"}
    limiter.admit(EVE, 100.25 + caught.value.retry_after_s)


def test_failures_are_counted_by_address_and_apart_from_principals(limiter: RateLimiter) -> None:
    limiter.admit_failure("192.0.2.1", 100.0)
    with pytest.raises(RateLimited, match="failed authentications"):
        limiter.admit_failure("192.0.2.1", 100.0)
    limiter.admit_failure("192.0.2.2", 100.0)
    assert admitted(limiter, Principal("2.1", "192.0", frozenset()), 100.0) == 2


def test_what_the_table_cannot_count_is_counted_by_this_workers_share() -> None:
    limiter = RateLimiter(OPTIONS, NoRoom(), workers=2)
    assert admitted(limiter, BOB, 100.0) == 2  # half of its burst
    assert admitted(limiter, BOB, 102.0) == 1  # half of its rate


def test_a_share_is_at_least_one() -> None:
    assert admitted(RateLimiter(OPTIONS, NoRoom(), workers=64), BOB, 100.0) == 1


def test_local_buckets_are_bounded_and_let_the_fullest_go() -> None:
    buckets = LocalBuckets(workers=1, entries=2)
    limit = RateLimit(1.0, 2)
    now = 100 * 10**9
    assert [buckets.arrive(name, limit, now) for name in (b"a", b"a", b"b", b"c")] == [0] * 4
    assert buckets.arrive(b"a", limit, now) > 0  # the emptier bucket was kept, b went
    later = now + 10**10
    assert [buckets.arrive(name, limit, later) for name in (b"d", b"e")] == [0, 0]
