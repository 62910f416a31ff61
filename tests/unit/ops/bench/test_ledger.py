"""The ledger bench asks for what the project promised, and what it measures adds up."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ops.bench import ledger
from ops.bench.contract import BenchFailed, Row
from ops.bench.ledger import Answer, Figures, answer_row, measure_answer
from ops.bench.ledger_contenders import (
    BATCHES,
    CONTENDERS,
    LEASES,
    LOCKS,
    NAIVE,
    OURS_16,
    OURS_256,
    OURS_FAST,
)
from ops.bench.slow_disk import run_on_slow_disk

OURS = (OURS_16, OURS_256, OURS_FAST, LEASES, BATCHES)


@pytest.fixture
def rows() -> tuple[Row, ...]:
    """Ours pays 20,000 requests a second, the others 100."""
    return ledger.rows({each: [Figures(20_000.0 if each in OURS else 100.0, 0.001)] for each in CONTENDERS})


def test_the_promises_are_asked_for(rows: tuple[Row, ...]) -> None:
    wanted = {(row.work, row.peer_name): row.reach for row in rows if row.reach is not None}
    assert wanted == {
        ("group commit, 2 ms, 16 clients", NAIVE.name): 15.0,
        ("group commit, 2 ms, 256 clients", NAIVE.name): 30.0,
        ("group commit, 0.1 ms, 64 clients", "what was promised"): 1.0,
        ("leases, 2 ms, one hot account", LOCKS.name): 10.0,
    }


def test_the_promise_in_requests_per_second_is_absolute(rows: tuple[Row, ...]) -> None:
    (row,) = (row for row in rows if row.peer_name == "what was promised")
    assert (row.ours, row.peer, row.ratio, row.ok) == (20_000.0, 10_000.0, 2.0, True)


def test_every_peer_has_the_flushes_of_ours(rows: tuple[Row, ...]) -> None:
    assert all(row.ratio == 200.0 for row in rows if row.peer_name != "what was promised")
    assert {each.flush_s for each in CONTENDERS} == {0.002, 0.0001}
    assert len({(each.name, each.flush_s) for each in CONTENDERS}) == len(CONTENDERS)


@pytest.mark.bench
@pytest.mark.parametrize("contender", ["OURS_16", "NAIVE", "NAIVE_MERGED", "LEASES", "LOCKS"])
def test_each_ledger_is_measured_on_a_disk_as_slow_as_was_asked(contender: str) -> None:
    program = (
        "from ops.bench import ledger, ledger_contenders as contenders;"
        f"figures = ledger.measure_contender(contenders.{contender}, 0.3);"
        "print(figures.per_second, figures.flush_s)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    per_second, flush_s = map(float, ended.stdout.split())
    assert per_second > 0
    assert flush_s >= 0.0019


@pytest.mark.parametrize(
    ("run", "why"),
    [
        ("lambda: None", "never flushed"),
        ("lambda: 1 / 0", "ended with 1"),
        ("lambda: time.sleep(60)", "ended with -9"),
    ],
)
def test_a_process_that_cannot_be_measured_fails_the_bench(run: str, why: str) -> None:
    program = f"import time; from {run_on_slow_disk.__module__} import *; run_on_slow_disk({run}, 0.0, timeout_s=0.5)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert f"{BenchFailed.__name__}: a measured process {why}" in ended.stderr


def test_a_charged_answer_may_take_two_flushes_more_and_no_longer() -> None:
    assert answer_row([Answer(0.005, 0.0088, 0.002)]).ok
    late = answer_row([Answer(0.005, 0.0095, 0.002), Answer(0.005, 0.0085, 0.002), Answer(0.005, 0.0095, 0.002)])
    assert (late.ours, late.ok) == (9.5, False)


def test_a_real_answer_is_charged_and_measured() -> None:
    answer = measure_answer(0.3)
    assert 0 < answer.uncharged_s < answer.charged_s
    assert answer.flush_s >= 0.002
