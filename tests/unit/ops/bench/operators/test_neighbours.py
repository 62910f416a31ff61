"""The row of the neighbour search says what it compared."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from ops.bench.contract import Run
from ops.bench.fem.programs import PeerMissing, Program
from ops.bench.operators.neighbours import Found, beside, between, ours

MINE = Found([0.01, 0.03, 0.02], np.arange(10_000))


def test_the_ratio_is_of_medians_and_equal_pairs_are_the_same_answer() -> None:
    row = beside(10_000, 0.02, MINE, Found([2.0, 4.0, 4.0], MINE.pairs[::-1]))
    assert (row.ratio, row.difference, row.ok) == (200.0, 0.0, True)


def test_another_answer_compares_to_nothing() -> None:
    row = beside(10_000, 0.02, MINE, Found([4.0], np.arange(100, 10_100)))
    assert row.difference == 0.02
    assert not row.ok and "differ" in row.note


def test_without_the_peer_ours_is_told_alone() -> None:
    row = beside(10_000, 0.02, MINE, PeerMissing("make bench-env"))
    assert (row.ours, row.note) == (0.02, "make bench-env")


def test_ours_finds_each_point_its_own_neighbour() -> None:
    points = np.random.default_rng(0).random((50, 2))
    found = ours(points, 0.2)
    assert np.isin(np.arange(50) * 51, found.pairs).all()
    assert (np.array(found.seconds) >= 0).all()


# As a peer answers, by looking at every pair.
EVERY_PAIR = """
import json, sys
import numpy as np
given = np.load(sys.argv[2])
points = given["points"].astype(float)
apart = np.linalg.norm(points[:, None] - points[None], axis=2)
np.savez(sys.argv[3], native=np.flatnonzero(apart.ravel() <= given["radius"]))
print(json.dumps({"native": [1.0] * int(sys.argv[4])}))
"""


def test_a_peer_that_looks_at_every_pair_finds_what_ours_finds(tmp_path: Path) -> None:
    script = tmp_path / "peer.py"
    script.write_text(EVERY_PAIR)
    peer = Program("every pair", (sys.executable, str(script)), "numpy")
    said: list[str] = []
    found = between(Run(1, said.append), 300, peer)
    assert len(found.rows) == len(said) == 2
    assert all(row.difference == 0 and row.ok for row in found.rows)


def test_a_peer_that_is_not_installed_is_told_of() -> None:
    peer = Program("nobody", ("/nowhere/python",), "neuralop", "make bench-env")
    assert all("make bench-env" in row.note for row in between(Run(1, str), 50, peer).rows)
