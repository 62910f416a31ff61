"""Turns among handles: one at a time, in good order, and never for ever."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from router.ledgers.errors import LedgerUnavailable
from router.ledgers.sqlite.turn import Turn


class Clock:
    """Advances by what is paused."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def turn(file: Path, clock: Clock) -> Turn:
    return Turn(file, 1.0, clock, clock.pause)


def test_a_turn_that_does_not_come_is_refused_and_one_that_ends_comes(tmp_path: Path) -> None:
    clock = Clock()
    first, second = turn(tmp_path / "turn", clock), turn(tmp_path / "turn", clock)
    with first.taken(), pytest.raises(LedgerUnavailable, match=r"1\.0 s"), second.taken():
        raise AssertionError
    assert clock.now >= 1.0
    with second.taken():
        pass
    first.close()
    second.close()


def test_whoever_had_a_turn_queues_behind_who_waits(tmp_path: Path) -> None:
    clock = Clock()
    busy, greedy = turn(tmp_path / "turn", clock), turn(tmp_path / "turn", clock)
    held = ExitStack()
    held.enter_context(busy.taken())

    def while_waiting(seconds: float) -> None:
        held.close()  # the busy one ends its turn,
        with pytest.raises(LedgerUnavailable), greedy.taken():  # and whoever comes now does so in vain
            raise AssertionError

    patient = Turn(tmp_path / "turn", 10.0, clock, while_waiting)
    with patient.taken():
        pass
    with greedy.taken():
        pass
    for one in (busy, greedy, patient):
        one.close()


def test_a_holder_that_is_killed_gives_its_turn_back(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys, time\n"
        "from router.ledgers.sqlite.turn import Turn\n"
        "Turn(pathlib.Path(sys.argv[1]), 1.0, time.monotonic, time.sleep).taken().__enter__()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).parents[5]
    ended = subprocess.run([sys.executable, "-c", program, tmp_path / "turn"], cwd=root, check=False)
    assert ended.returncode == -9
    after = turn(tmp_path / "turn", Clock())
    with after.taken():
        pass
    after.close()


def test_only_one_at_a_time_has_its_turn(tmp_path: Path) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        mine = Turn(tmp_path / "turn", 30.0, time.monotonic, time.sleep)
        for _ in range(50):
            with mine.taken():
                inside += 1
                most = max(most, inside)
                time.sleep(0)
                inside -= 1
        mine.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
