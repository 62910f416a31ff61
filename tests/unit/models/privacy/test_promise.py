"""What is spent, as ε."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.privacy.cost import limit_in_picorho
from models.privacy.promise import epsilon_promised

ORDERS = st.one_of(st.none(), st.floats(1.5, 200))


@given(st.floats(1.0, 20), st.sampled_from([1e-9, 1e-6, 1e-3]), st.one_of(st.none(), st.floats(60, 200)))
def test_a_full_account_has_promised_what_it_was_opened_for(epsilon: float, delta: float, order: float | None) -> None:
    limit = limit_in_picorho(epsilon, delta, order)
    assert epsilon_promised(limit, delta, order) == pytest.approx(epsilon, rel=1e-9, abs=1e-9)
    assert epsilon_promised(limit + 10**6, delta, order) > epsilon


@given(st.integers(1, 10**14), st.integers(1, 10**14), ORDERS)
def test_more_spent_is_more_promised(one: int, more: int, order: float | None) -> None:
    assert 0 <= epsilon_promised(one, 1e-6, order) <= epsilon_promised(one + more, 1e-6, order)


@given(st.integers(10**9, 10**14), ORDERS)
def test_what_is_worth_mentioning_is_more_than_nothing(cost: int, order: float | None) -> None:
    """δ alone pays for less."""
    assert 0 < epsilon_promised(cost, 1e-6, order) < epsilon_promised(2 * cost, 1e-6, order)


def test_nothing_spent_is_nothing_promised() -> None:
    assert epsilon_promised(0, 1e-6, 10.0) == epsilon_promised(0, 1e-6, None) == 0.0
