"""Vectors that add up until 63 bits end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from router.ledgers.amounts import MAX_ODOMETER
from router.ledgers.odometers import added, taken

AMOUNTS = st.lists(st.integers(0, 10**18), min_size=3, max_size=3).map(tuple)


@given(AMOUNTS, AMOUNTS)
def test_what_is_taken_back_was_as_if_never_added(total: tuple[int, ...], amounts: tuple[int, ...]) -> None:
    assert taken(added(total, amounts), amounts) == total


def test_a_place_that_has_stopped_never_falls_again() -> None:
    assert added((MAX_ODOMETER - 1, 0), (5, 5)) == (MAX_ODOMETER, 5)
    assert taken((MAX_ODOMETER, 5), (5, 5)) == (MAX_ODOMETER, 0)
