"""The learning rate."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.operators.training.schedule import share_of_rate

SHARES = st.floats(0, 1)


def test_it_rises_to_the_whole_and_falls_to_nothing() -> None:
    assert share_of_rate(0.0, 0.1) == 0
    assert share_of_rate(0.1, 0.1) == 1
    assert abs(share_of_rate(1.0, 0.1)) < 1e-12
    assert share_of_rate(0.0, 0.0) == 1


@given(SHARES, SHARES)
def test_it_is_a_share_whatever_is_done(done: float, warm_up: float) -> None:
    assert 0 <= share_of_rate(done, warm_up) <= 1
