"""The row of the Darcy trainings, between programs that are at hand at once."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from models.operators.generators.darcy import darcy as generated
from ops.bench.contract import BenchFailed, Run
from ops.bench.operators import darcy
from ops.bench.operators.darcy import PeerMissing, Trained, between

ASKED = Run(3, say=lambda line: None)
NOWHERE = Path("nowhere.npz")


def program(error: float, cpu_s: float) -> darcy.Program:
    def run(data: Path, budget_s: float) -> Trained:
        return Trained(error, cpu_s, 10.0)

    return run


def test_both_errors_and_the_goal_make_a_row_each() -> None:
    found = between(ASKED, NOWHERE, 600.0, program(0.010, 550.0), program(0.020, 551.0))
    against, goal = found.rows
    assert against.ratio == pytest.approx(2.0) and against.ok
    assert goal.ratio == pytest.approx(1.2) and goal.reach == 1.0 and goal.ok


def test_a_goal_that_took_too_long_is_not_reached_and_a_short_run_only_informs() -> None:
    _, late = between(ASKED, NOWHERE, 600.0, program(0.010, 650.0), program(0.020, 650.0)).rows
    assert not late.ok
    _, short = between(ASKED, NOWHERE, 200.0, program(0.020, 190.0), program(0.030, 190.0)).rows
    assert short.ok and short.reach is None and "more rounds" in short.note


def test_without_the_peer_the_row_is_not_ok_and_ours_is_told() -> None:
    def none(data: Path, budget_s: float) -> Trained:
        raise PeerMissing("make bench-env")

    against, goal = between(ASKED, NOWHERE, 600.0, program(0.010, 550.0), none).rows
    assert not against.ok and against.ours == 0.010 and "bench-env" in against.note
    assert goal.ok


def test_a_program_says_what_it_found_or_why_it_failed() -> None:
    says = 'print(\'{"error": 0.5, "cpu_s": 2.0, "epochs": 3}\')'
    assert darcy.run((sys.executable, "-c", says), NOWHERE, 1.0) == Trained(0.5, 2.0, 3)
    with pytest.raises(BenchFailed, match="out of memory"):
        darcy.run((sys.executable, "-c", "raise SystemExit('out of memory')"), NOWHERE, 1.0)


def test_data_are_written_as_programs_read_them(tmp_path: Path) -> None:
    pairs = generated(3, 4, seed=0)
    darcy.write(tmp_path / "data.npz", pairs.of(slice(0, 2)), pairs.of(slice(2, 3)))
    with np.load(tmp_path / "data.npz") as arrays:
        assert np.array_equal(arrays["inputs"], pairs.inputs[:2])
        assert np.array_equal(arrays["test_targets"], pairs.targets[2:])
        assert arrays["grid"].tolist() == [5, 5]
