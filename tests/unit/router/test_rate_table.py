"""The table of rate limits that processes share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.gcra import RateLimit
from router.rate_table import SLOTS, RateTable, create_rate_table

SECOND = 1_000_000_000
NOW = 1000 * SECOND
LIMIT = RateLimit(per_second=1.0, burst=5)
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    create_rate_table(tmp_path / "rates", os.urandom, rows=64)
    return tmp_path / "rates"


@pytest.fixture
def table(file: Path) -> Iterator[RateTable]:
    opened = RateTable(file)
    yield opened
    opened.close()


def arrive(table: RateTable, name: bytes, limit: RateLimit, now_ns: int) -> int | None:
    """How long one arrival has to wait."""
    taken = table.take(name, limit, now_ns, 1)
    return None if taken is None else taken[1]


def admitted(table: RateTable, name: bytes, now_ns: int, tries: int = 20) -> int:
    return sum(arrive(table, name, LIMIT, now_ns) == 0 for _ in range(tries))


def test_a_name_has_its_burst_and_is_told_how_long_to_wait(table: RateTable) -> None:
    assert admitted(table, b"ada", NOW) == 5
    assert arrive(table, b"ada", LIMIT, NOW) == SECOND
    assert admitted(table, b"ada", NOW + 2 * SECOND) == 2


def test_names_do_not_touch_each_other(table: RateTable) -> None:
    assert [admitted(table, name, NOW) for name in (b"ada", b"bob")] == [5, 5]


def test_two_that_open_one_file_share_its_limits(file: Path, table: RateTable) -> None:
    other = RateTable(file)
    assert admitted(table, b"ada", NOW, tries=3) + admitted(other, b"ada", NOW) == 5
    other.close()


def crowd(table: RateTable, row: int, names: int) -> list[bytes]:
    """Names that share a row."""
    found: list[bytes] = []
    number = 0
    while len(found) < names:
        number += 1
        name = str(number).encode()
        if table.row(name) == row:
            found.append(name)
    return found


def test_a_full_row_says_that_it_cannot_count(table: RateTable) -> None:
    *busy, late = crowd(table, 0, SLOTS + 1)
    assert [arrive(table, name, LIMIT, NOW) for name in busy] == [0] * SLOTS
    assert arrive(table, late, LIMIT, NOW) is None
    assert [admitted(table, name, NOW) for name in busy] == [4] * SLOTS


def test_a_full_bucket_gives_its_slot_away_and_loses_nothing(table: RateTable) -> None:
    first, *others = crowd(table, 0, SLOTS + 1)
    for name in (first, *others[:-1]):
        arrive(table, name, LIMIT, NOW)
    later = NOW + SECOND  # all buckets are full again
    assert arrive(table, others[-1], LIMIT, later) == 0
    assert admitted(table, first, later) == 5


def test_a_row_that_is_held_is_waited_for_and_then_not_counted(file: Path, table: RateTable) -> None:
    pauses: list[float] = []
    waiting = RateTable(file, patience=3, pause=pauses.append)
    assert table.lock(table.row(b"ada"))
    assert arrive(waiting, b"ada", LIMIT, NOW) is None
    assert pauses == [0.0] * 20 + [0.0005] * 3
    table.unlock(table.row(b"ada"))
    assert arrive(waiting, b"ada", LIMIT, NOW) == 0
    waiting.close()


def test_a_new_table_forgets_the_old_one(file: Path, table: RateTable) -> None:
    admitted(table, b"ada", NOW)
    create_rate_table(file, os.urandom, rows=64)
    fresh = RateTable(file)
    assert admitted(fresh, b"ada", NOW) == 5
    fresh.close()


@pytest.mark.parametrize("content", [b"", b"hello", b"fdyrate1" + bytes(56), b"x" * 64])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(ValueError, match="not a rate table"):
        RateTable(tmp_path / "other")


HAMMER = """
import sys
from pathlib import Path
from router.gcra import RateLimit
from router.rate_table import RateTable
table = RateTable(Path(sys.argv[1]), patience=100_000)
limit = RateLimit(per_second=1.0, burst=5000)
print("ready", flush=True)
sys.stdin.readline()
print(sum(taken[0] for _ in range(3000) if (taken := table.take(b"ada", limit, 1000 * 10**9, 1))), flush=True)
sys.stdin.readline()
print(sum(taken[0] for _ in range(3000) if (taken := table.take(b"ada", limit, 2000 * 10**9, 1))), flush=True)
"""


def test_processes_together_get_exactly_one_burst_and_then_exactly_the_rate(file: Path) -> None:
    processes = [start(HAMMER, file) for _ in range(4)]
    totals = []
    for _ in range(2):  # at one instant, and at another 1000 s later
        for process in processes:
            answer(process, b"\n")
        totals.append(sum(int(line(process)) for process in processes))
    assert totals == [5000, 1000]
    for process in processes:
        process.communicate(timeout=60)


HOLD = """
import sys, time
from pathlib import Path
from router.rate_table import RateTable
table = RateTable(Path(sys.argv[1]))
assert table.lock(table.row(b"ada"))
print("ready", flush=True)
time.sleep(600)
"""


def test_a_process_that_is_killed_with_a_lock_in_its_hand_holds_nobody_up(file: Path, table: RateTable) -> None:
    holder = start(HOLD, file)
    assert arrive(table, b"ada", LIMIT, NOW) is None
    holder.send_signal(signal.SIGKILL)
    holder.communicate(timeout=60)
    assert admitted(table, b"ada", NOW) == 5


def start(script: str, file: Path) -> subprocess.Popen[bytes]:
    """A process that has said that it is ready."""
    command = [sys.executable, "-c", script, str(file)]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert line(process) == b"ready\n"
    return process


def line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    return process.stdout.readline()


def answer(process: subprocess.Popen[bytes], text: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.flush()
