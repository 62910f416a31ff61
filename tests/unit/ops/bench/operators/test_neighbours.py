"""The row of the neighbour search says what it compared."""

from __future__ import annotations

import numpy as np

from ops.bench.fem.programs import PeerMissing
from ops.bench.operators.neighbours import Found, beside, ours

MINE = Found([0.01, 0.03, 0.02], np.arange(10_000))


def test_the_ratio_is_of_medians_and_equal_pairs_are_the_same_answer() -> None:
    row = beside(0.02, MINE, Found([2.0, 4.0, 4.0], MINE.pairs[::-1]))
    assert (row.ratio, row.difference, row.ok) == (200.0, 0.0, True)


def test_another_answer_compares_to_nothing() -> None:
    row = beside(0.02, MINE, Found([4.0], np.arange(100, 10_100)))
    assert row.difference == 0.02
    assert not row.ok and "differ" in row.note


def test_without_the_peer_ours_is_told_alone() -> None:
    row = beside(0.02, MINE, PeerMissing("make bench-env"))
    assert (row.ours, row.note) == (0.02, "make bench-env")


def test_ours_finds_each_point_its_own_neighbour() -> None:
    points = np.random.default_rng(0).random((50, 2))
    found = ours(points, 0.2)
    assert np.isin(np.arange(50) * 51, found.pairs).all()
    assert (np.array(found.seconds) >= 0).all()
