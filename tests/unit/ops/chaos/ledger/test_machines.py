"""Processes are ended and waited for, and a machine's power is cut at the flush that was asked for.

Each case is a program of its own: what is started here is forked, which only a process with one thread should do.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_BEGIN = """
import os, random, sys, time
from functools import partial
from pathlib import Path
from ops.chaos.ledger.machines import *
folder = Path(sys.argv[1])
def write(count):
    file = os.open(folder / "file", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    os.fsync(os.open(folder, os.O_RDONLY))
    for number in range(count):
        os.write(file, b"%d" % number)
        os.fsync(file)
"""


def run(program: str, folder: Path) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", _BEGIN + program, str(folder)], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.parametrize("machine", ["Plain()", "Lossy(folder)"])
def test_the_exit_code_of_a_process_is_known_on_every_machine(machine: str, tmp_path: Path) -> None:
    program = f"""
machine = {machine}
print(finish(machine, machine.start(partial(write, 3))), finish(machine, machine.start(partial(os._exit, 7))))
"""
    assert run(program, tmp_path) == "0 7"
    assert (tmp_path / "file").read_bytes() == b"012"


@pytest.mark.parametrize(
    ("flushes", "finished", "found"),
    [(1, False, {None, b""}), (3, False, {b"0", b"01", b"0\0"}), (3, True, {b"01"}), (5, True, {b"0123"})],
)
def test_power_is_lost_at_the_flush_that_was_asked_for(
    flushes: int, finished: bool, found: set[bytes | None], tmp_path: Path
) -> None:
    program = f"""
machine = Lossy(folder)
process = machine.start(partial(write, 100))
machine.pass_flushes({flushes}, 0.0, 30.0)
if {finished}:
    machine.finish_flush()
kill([process])
machine.lose_power(random.Random(int(sys.argv[1][-1])))
machine.close()
"""
    for seed in range(4):
        place = tmp_path / f"{seed}"
        place.mkdir()
        run(program, place)
        left = (place / "file").read_bytes() if (place / "file").exists() else None
        assert left in found


def test_a_process_that_ended_before_it_was_killed_is_told(tmp_path: Path) -> None:
    program = """
machine = Plain()
process = machine.start(lambda: None)
os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
try:
    kill([process])
except Stuck as error:
    print(error)
"""
    assert "ended by itself" in run(program, tmp_path)


def test_orphans_are_waited_for(tmp_path: Path) -> None:
    program = """
adopt_orphans()
def parent():
    child = Plain().start(partial(time.sleep, 0.2))
    (folder / "child").write_text(str(child))
machine = Plain()
finish(machine, machine.start(parent))
child = int((folder / "child").read_text())
wait_for_end(machine, [child])
print(Path(f"/proc/{child}").exists())
"""
    assert run(program, tmp_path) == "False"
