"""The formula of the rate limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.gcra import RateLimit, arrive, take

SECOND = 1_000_000_000
LIMITS = st.builds(RateLimit, st.floats(1e-3, 1e6), st.integers(1, 100))


def test_a_burst_is_let_through_at_once_and_then_one_per_interval() -> None:
    limit, tat, waits = RateLimit(per_second=2.0, burst=3), 0, []
    for now in (0, 0, 0, 0, SECOND // 2, SECOND // 2):
        tat, wait = arrive(tat, now, limit.interval_ns, limit.burst)
        waits.append(wait)
    assert waits == [0, 0, 0, SECOND // 2, 0, SECOND // 2]


@given(LIMITS, st.lists(st.integers(0, 10 * SECOND), max_size=300))
def test_never_more_than_rate_times_time_plus_burst_in_any_window(limit: RateLimit, steps: list[int]) -> None:
    now, tat, admitted = 0, 0, []
    for step in steps:
        now += step // 100
        tat, wait = arrive(tat, now, limit.interval_ns, limit.burst)
        if wait == 0:
            admitted.append(now)
    for first, start in enumerate(admitted):
        for last in range(first, len(admitted)):
            span_s = (admitted[last] - start) / SECOND
            assert last - first + 1 <= limit.per_second * span_s + limit.burst + 1e-9


@given(LIMITS, st.integers(0, 10**18), st.integers(0, 10**18))
def test_who_comes_back_when_told_is_let_in_and_a_nanosecond_earlier_is_not(
    limit: RateLimit, tat: int, now: int
) -> None:
    kept, wait = arrive(tat, now, limit.interval_ns, limit.burst)
    assert wait <= limit.interval_ns
    if wait:
        assert arrive(kept, now + wait, limit.interval_ns, limit.burst)[1] == 0
        assert arrive(kept, now + wait - 1, limit.interval_ns, limit.burst)[1] == 1


@given(LIMITS, st.integers(0, 10**18), st.integers(0, 10**18), st.integers(1, 64))
def test_several_at_once_count_as_so_many_single_arrivals(limit: RateLimit, tat: int, now: int, most: int) -> None:
    kept, count, wait = take(tat, now, limit.interval_ns, limit.burst, most)
    assert (count > 0) == (wait == 0)
    assert count <= most
    for _ in range(max(1, count)):
        tat, single = arrive(tat, now, limit.interval_ns, limit.burst)
        assert single == wait
    assert tat == kept


@pytest.mark.parametrize(("per_second", "burst"), [(0.0, 1), (float("nan"), 1), (1e7, 1), (1.0, 0), (1.0, 10**7)])
def test_a_limit_that_makes_no_sense_is_refused(per_second: float, burst: int) -> None:
    with pytest.raises(ValueError, match="not between"):
        RateLimit(per_second, burst)
