"""What the bench of a start compares."""

from __future__ import annotations

from ops.bench.router_targets import OURS_WHOLE, SERVE
from ops.bench.up import Figures, rows


def test_a_start_is_held_against_what_is_wanted_and_shown_beside_ray_serve() -> None:
    found = {
        OURS_WHOLE: [Figures(12.0, 900.0), Figures(50.0, 1100.0), Figures(10.0, 1000.0)],
        SERVE: [Figures(6.0, 500.0)] * 3,
    }
    ready, beside, resident, memory = rows(found)
    assert (ready.ours, ready.peer, ready.reach, ready.ok) == (12.0, 40.0, 1.0, True)
    assert (resident.ours, resident.ratio, resident.ok) == (1000.0, 2.048, True)
    assert [(row.peer_name, row.ratio, row.reach) for row in (beside, memory)] == [(SERVE.name, 0.5, None)] * 2


def test_a_start_that_takes_too_long_is_not_ok() -> None:
    slow = {OURS_WHOLE: [Figures(41.0, 3000.0)], SERVE: [Figures(6.0, 500.0)]}
    assert [row.ok for row in rows(slow)] == [False, True, False, True]
