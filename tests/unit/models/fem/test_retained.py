from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Array
from models.fem.retained import Retained, digest


class Store:
    """Values of the given sizes, and how often each was made."""

    def __init__(self, budget: int) -> None:
        self.retained = Retained[int](budget, lambda size: size)
        self.made: list[tuple[bytes, int]] = []

    def get(self, key: bytes, size: int) -> int:
        def make() -> int:
            self.made.append((key, size))
            return size

        return self.retained.get(key, make)


def test_a_value_is_made_once_while_it_is_kept() -> None:
    store = Store(10)
    assert [store.get(b"a", 3), store.get(b"a", 5)] == [3, 3]
    assert store.made == [(b"a", 3)]


def test_the_least_recently_used_value_is_let_go_first() -> None:
    store = Store(3)
    for key in (b"a", b"b", b"c", b"a", b"d", b"a", b"c", b"b"):
        store.get(key, 1)
    assert [key for key, _ in store.made] == [b"a", b"b", b"c", b"d", b"b"]


def test_a_value_beyond_the_budget_is_made_but_not_kept_and_drives_nothing_out() -> None:
    store = Store(3)
    store.get(b"a", 1)
    assert [store.get(b"b", 4), store.get(b"b", 4), store.get(b"a", 9)] == [4, 4, 1]
    assert len(store.retained) == 1


def test_what_fails_to_be_made_changes_nothing() -> None:
    retained = Retained[int](1, lambda size: size)

    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        retained.get(b"a", fail)
    assert (len(retained), retained.used_bytes) == (0, 0)


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c", b"d"]), st.integers(0, 6))))
def test_it_holds_the_latest_values_that_fit(calls: Sequence[tuple[bytes, int]]) -> None:
    budget = 7
    store = Store(budget)
    kept: list[tuple[bytes, int]] = []  # oldest first
    for key, size in calls:
        held = dict(kept).get(key, size)
        assert store.get(key, size) == held
        kept = [*((k, s) for k, s in kept if k != key), (key, held)]
        while sum(s for _, s in kept) > budget:
            kept.pop(0)
        assert (len(store.retained), store.retained.used_bytes) == (len(kept), sum(s for _, s in kept))


PARTS: list[Sequence[str | Array | None]] = [
    (),
    ("",),
    ("", ""),
    ("ab", "c"),
    ("a", "bc"),
    ("none;",),
    (None,),
    (None, ""),
    (np.zeros(2),),
    (np.zeros(2, np.int64),),
    (np.zeros((1, 2)),),
    (np.zeros(1), np.zeros(1)),
    (np.zeros(0),),
    (np.array([0.0, -0.0]),),
    (np.array([0.0, 1.0]),),
    (np.zeros(2).tobytes().decode(),),
]


def test_sequences_that_differ_anywhere_have_other_digests() -> None:
    assert len({digest(*parts) for parts in PARTS}) == len(PARTS)


def test_a_digest_is_that_of_the_values_whatever_their_layout() -> None:
    values = np.arange(6.0).reshape(2, 3)
    assert digest(np.asfortranarray(values)) == digest(values) == digest(np.repeat(values, 2, axis=1)[:, ::2])
