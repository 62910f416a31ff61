"""Neighbours are bounded before they are looked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import Refusal
from models.operators.graph.crowd import MOST, bound
from models.operators.graph.neighbours import within


@given(st.integers(0, 60), st.integers(1, 60), st.integers(1, 3), st.floats(1e-3, 5.0), st.integers(0, 2**32 - 1))
def test_the_bound_is_never_below_the_number_of_pairs(m: int, n: int, dim: int, radius: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sources, queries = rng.random((m, dim)), rng.random((n, dim)) ** 3
    apart = np.linalg.norm(sources[:, None] - queries[None], axis=2)
    if m:
        assert bound(sources, queries, radius) >= np.count_nonzero(apart <= radius)
    assert bound(queries, queries, radius) >= n


def test_on_even_points_the_bound_is_less_than_four_times_too_large() -> None:
    points = np.random.default_rng(0).random((4000, 2))
    assert bound(points, points, 0.1) < 4 * within(points, points, 0.1).splits[-1]


def test_a_crowd_is_refused_and_as_many_points_further_apart_are_not() -> None:
    count = int(MOST**0.5) + 1
    points = np.random.default_rng(0).random((count, 2))
    with pytest.raises(Refusal, match="send fewer") as refused:
        within(points, points, 2.0)
    assert refused.value.reason == "WRONG_POINTS"
    assert len(within(points, points, 0.01).splits) == count + 1
