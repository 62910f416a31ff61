"""Who is in which shard."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from models.privacy.shards import assign, shard_of

KEY = bytes(range(32))
NAMES = np.array([b"client-%d" % number for number in range(6400)], dtype="S16")


@given(st.lists(st.binary(min_size=1, max_size=8).filter(lambda name: not name.endswith(b"\0")), min_size=1))
def test_a_client_is_where_its_name_says_whoever_else_there_is(names: list[bytes]) -> None:
    together = assign(np.array(names, dtype="S8"), KEY, 7)
    assert together.tolist() == [shard_of(name, KEY, 7) for name in names]


def test_shards_are_filled_evenly() -> None:
    counts = np.bincount(assign(NAMES, KEY, 64), minlength=64)
    assert len(counts) == 64
    assert chisquare(counts).pvalue > 1e-4


def test_another_key_is_another_assignment() -> None:
    same = np.mean(assign(NAMES, KEY, 64) == assign(NAMES, bytes(32), 64))
    assert same < 0.03  # 1/64 is chance; five standard deviations above it are 0.023


def test_the_assignment_is_fixed_for_ever() -> None:
    assert [shard_of(name, KEY, 512) for name in (b"a", b"b", b"charite/17")] == [76, 498, 411]
