"""Statistics that workers share."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.statistics import ModelStatistics, Statistics

MODELS = ("echo", "identity")


def opened(folder: Path, worker: int) -> Statistics:
    return Statistics(folder / "statistics", MODELS, worker, worker_count=3)


def test_nothing_has_happened_at_first_and_the_file_is_for_this_user_alone(tmp_path: Path) -> None:
    assert opened(tmp_path, 0).of("echo") == ModelStatistics(0, 0.0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert (tmp_path / "statistics").stat().st_mode & 0o777 == 0o600


def test_every_worker_sees_the_sum_over_all(tmp_path: Path) -> None:
    workers = [opened(tmp_path, worker) for worker in range(3)]
    for at, worker in enumerate(workers):
        worker.answered("echo", 0.5, 0.1, 0.2, batch_size=4, unix_s=100.0 + at)
    workers[1].failed("echo", 2.0)
    for worker in workers:
        seen = worker.of("echo")
        assert (seen.succeeded, seen.failed, seen.failed_s, seen.last_unix_s) == (3, 1, 2.0, 102.0)
        assert (seen.succeeded_s, seen.queue_s, seen.run_s) == pytest.approx((1.5, 0.3, 0.6))
        assert seen.batches == 0.75
        assert worker.of("identity").succeeded == 0


def test_a_worker_that_starts_again_goes_on_where_it_was(tmp_path: Path) -> None:
    opened(tmp_path, 2).answered("identity", 0.1, 0.0, 0.1, 1, 5.0)
    again = opened(tmp_path, 2)
    again.answered("identity", 0.1, 0.0, 0.1, 1, 6.0)
    assert again.of("identity").succeeded == 2
