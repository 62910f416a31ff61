from __future__ import annotations

import time

from models.operators.cascade.answer import Guess
from models.operators.cascade.cascade import answer
from models.operators.cascade.costs import Work
from models.operators.cascade.grid import grid
from models.operators.cascade.wish import Wish
from ops.bench.operators import cascade


def test_every_work_is_a_part_of_a_solve() -> None:
    found = cascade.timed(32, 2, time.perf_counter)
    assert set(found.seconds) == {Work.STEP, Work.CERTIFICATE, Work.SOLVE, Work.BOUND}
    rows = cascade.rows_of(found)
    assert [row.reach for row in rows] == [None, None, None, None, 1.0]
    assert rows[-1].ok
    assert all(0.95 <= effectivity <= 1.001 for effectivity in found.effectivities)


def test_nothing_leaves_outside_its_tolerance() -> None:
    row = cascade.held_row(16, (0.05, 0.5))
    assert row.ours == row.peer == 3 * 7 * 2
    assert row.ok


def test_an_answer_outside_its_tolerance_would_be_seen() -> None:
    """Twice the solution is as far from it as the solution is long: half of its own norm."""
    held = grid(16)
    [asked, *_] = cascade.far_questions(16)
    exact = held.pose(asked).solve(None).x
    unverified = answer(held, asked, Guess(2 * exact), Wish(), cascade.Dropped(), time.perf_counter)
    energy = float(held.unit_load @ exact)
    assert cascade.is_kept(held, asked, unverified, 0.51, energy)
    assert not cascade.is_kept(held, asked, unverified, 0.49, energy)
