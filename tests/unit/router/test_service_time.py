"""What is learnt of a model's speed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.service_time import ServiceTime

LATENCIES = st.floats(0.0, 1e4)
CALLS = st.floats(1.0, 1e3)


def taught(pairs: list[tuple[float, float]], weight: float = 0.1) -> ServiceTime:
    known = ServiceTime(*pairs[0])
    for x, latency_s in pairs[1:]:
        known = known.after(x, latency_s, weight)
    return known


def test_a_model_that_answers_one_by_one_is_expected_to_take_its_turn() -> None:
    known = taught([(float(x), 0.1 * x) for _ in range(5) for x in range(1, 20)])
    assert known.expect(40.0) == pytest.approx(4.0, rel=0.02)  # the ridge takes 1 %


def test_a_model_whose_batches_cost_the_same_full_or_empty_is_expected_to() -> None:
    known = taught([(float(x), 0.2) for _ in range(5) for x in range(1, 20)])
    assert known.expect(64.0) == pytest.approx(0.2)


def test_what_was_seen_at_one_load_alone_says_nothing_of_another() -> None:
    known = taught([(1.0, 0.1)] * 50)
    assert known.expect(64.0) == pytest.approx(0.1)


def test_a_model_that_was_slow_is_believed_to_be_quick_again_after_some_forty_answers() -> None:
    known = taught([(1.0, 10.0)] * 50 + [(1.0, 0.01)] * 44)
    assert known.expect(1.0) < 0.11


@given(st.lists(st.tuples(CALLS, LATENCIES), min_size=1, max_size=100), CALLS, CALLS)
def test_more_calls_never_make_it_quicker_and_nothing_takes_less_than_no_time(
    pairs: list[tuple[float, float]], fewer: float, more: float
) -> None:
    known = taught(pairs)
    fewer, more = min(fewer, more), max(fewer, more)
    assert 0.0 <= known.expect(fewer) <= known.expect(more)
