"""Processes as the kernel tells of them: real ones, started here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops import processes
from tests.support.eventually import eventually

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A Python program that runs until it is ended; it has begun when this returns."""
    started: list[subprocess.Popen[bytes]] = []

    def run(program: str = "", *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        whole = f"{program}\nimport signal, sys; print('begun', flush=True)\nwhile True: signal.pause()"
        process = subprocess.Popen(
            [sys.executable, "-c", whole, *arguments],
            stdout=subprocess.PIPE,
            cwd=tmp_path,
            env={**os.environ, **environment},
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def test_a_command_is_told_as_it_was_started(start: Start, tmp_path: Path) -> None:
    process = start("", "--state", "a b", COLOUR="blue=green")
    command = processes.command_of(process.pid)
    assert command is not None
    assert command.argv[0] == sys.executable
    assert command.argv[-2:] == ("--state", "a b")
    assert command.environment["COLOUR"] == "blue=green"
    assert command.folder == tmp_path


def test_there_is_nothing_to_tell_of_a_process_that_is_not_there(start: Start) -> None:
    process = start()
    process.kill()
    process.wait()
    assert processes.command_of(process.pid) is None
    assert processes.parent_of(process.pid) is None
    assert not processes.alive(process.pid)


def test_one_that_has_ended_and_was_not_waited_for_does_not_run(start: Start) -> None:
    process = start()
    process.kill()
    eventually(lambda: not processes.alive(process.pid), 5.0)
    assert process.returncode is None
    process.wait()


def test_a_family_is_a_process_and_all_that_descend_from_it(start: Start) -> None:
    program = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, file=open('child', 'w'), flush=True)"
    process = start(program)
    folder = processes.command_of(process.pid).folder  # type: ignore[union-attr]
    child = int((folder / "child").read_text())
    assert processes.family(process.pid) == [process.pid, child]
    assert processes.parent_of(child) == process.pid
    assert process.pid in processes.children()
    assert child not in processes.children()
    processes.end([child], 2.0)


def test_those_that_name_a_folder_are_found_by_their_arguments_and_by_their_environment(
    start: Start, tmp_path: Path
) -> None:
    folder = tmp_path / "head"
    by_argument = start("", f"--temp-dir={folder}/session")
    by_environment = start("", STORE=f"{folder}/store")
    start("", f"--temp-dir={folder}-of-another/session")
    assert sorted(processes.naming(folder)) == sorted([by_argument.pid, by_environment.pid])


def test_end_asks_first_and_kills_who_does_not_listen(start: Start) -> None:
    polite = start()
    stubborn = start("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    processes.end([polite.pid, stubborn.pid, polite.pid], 0.3)
    assert polite.wait() == -signal.SIGTERM
    assert stubborn.wait() == -signal.SIGKILL
    processes.end([polite.pid], 0.1)  # nobody there: nothing happens


def test_a_child_that_ends_with_its_parent_gets_sigterm_when_that_is_killed(start: Start) -> None:
    child = "from ops.processes import end_with_parent; end_with_parent(); print('ready', flush=True); input()"
    program = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.PIPE, stdin=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, file=open('child', 'w'), flush=True)\n"
    )
    parent = start(program)
    pid = int((processes.command_of(parent.pid).folder / "child").read_text())  # type: ignore[union-attr]
    parent.kill()
    parent.wait()
    eventually(lambda: not processes.alive(pid), 5.0)


def test_one_that_adopts_orphans_gets_its_grandchildren(start: Start) -> None:
    middle = "import subprocess as s; print(s.Popen(['sleep', '60'], stdout=s.DEVNULL, stderr=s.DEVNULL).pid)"
    program = (
        "import subprocess, sys\n"
        "from ops import processes\n"
        "processes.adopt_orphans()\n"
        f"said = subprocess.run([sys.executable, '-c', {middle!r}], capture_output=True, text=True).stdout\n"
        "print(int(said) in processes.children(), said, file=open('orphan', 'w'), flush=True)\n"
        "processes.end([int(said)], 2.0)\n"
    )
    process = start(program)
    adopted = (processes.command_of(process.pid).folder / "orphan").read_text()  # type: ignore[union-attr]
    assert adopted.startswith("True")


def test_memory_is_counted_and_nobody_has_none(start: Start) -> None:
    process = start("x = bytearray(32 << 20)")
    assert processes.resident_bytes([process.pid]) > 32 << 20
    assert processes.resident_bytes([]) == 0
