"""The bench of active learning: what it reads off its curves, and a small one from end to end."""

from __future__ import annotations

import math

import pytest

from models.operators.fno.config import FNO
from ops.bench.contract import Run
from ops.bench.operators.acquisition import STRATEGIES, Setting, labels_to_reach, measure, row

CURVE = {50: 0.08, 100: 0.04, 200: 0.02}
SMALL = Setting(
    divisions=6, seeds=1, start=8, batch=4, rounds=1, peer=16, pool=20, validation=4, test=10, updates=4,
    network=FNO(modes=(3, 3), width=4, layers=1, lifting=4, mixing=0, projection=4),
)  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "labels"), [(0.1, 50), (0.08, 50), (0.04, 100), (0.02, 200), (math.sqrt(0.04 * 0.08), 50 * math.sqrt(2))]
)
def test_labels_are_read_off_between_trainings(wanted: float, labels: float) -> None:
    assert labels_to_reach(CURVE, wanted) == pytest.approx(labels)


def test_what_is_not_reached_is_not_ok() -> None:
    assert labels_to_reach(CURVE, 0.01) == math.inf
    failed = row("lcmd", [CURVE], [0.01], 400)
    assert not failed.ok and failed.ratio == 0 and "0 of 1 seeds" in failed.note
    assert row("lcmd", [CURVE], [0.02], 400).ok
    assert not row("lcmd", [CURVE], [0.02], 300).ok
    assert row("random", [CURVE], [0.01], 400).ok


def test_a_small_comparison_has_a_row_for_each_strategy() -> None:
    said: list[str] = []
    found = measure(Run(1, said.append), SMALL)
    assert len(found.rows) == len(STRATEGIES) and len(said) == 4
    assert all(each.peer == 16 and "at 12" in each.note for each in found.rows)
    assert "7² nodes" in found.notes[0]
