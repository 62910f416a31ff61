"""A server's processes are found wherever they went, counted, and ended; nobody else's are."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.bench.contract import BenchFailed
from ops.bench.processes import Command, Server, _process

ENVIRONMENT = dict(os.environ)
# A child that leaves its parent's session and outlives it, as Ray's do.
DAEMON = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', {!r}], start_new_session=True)"
SLEEP = "import time; time.sleep(60)"
SPIN = "while True: pass"


def python(program: str) -> Command:
    return Command((sys.executable, "-c", program), ENVIRONMENT)


def eventually(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20.0
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def test_a_daemon_that_left_its_parent_is_found_and_ended(tmp_path: Path) -> None:
    server = Server(python(DAEMON.format(SLEEP)), tmp_path)
    try:
        eventually(lambda: server._first.poll() == 0)
        (daemon,) = server._processes()
    finally:
        server.stop()
    assert _process(daemon.pid) is None or _process(daemon.pid).started != daemon.started  # type: ignore[union-attr]


def test_cpu_time_is_that_of_the_whole_server(tmp_path: Path) -> None:
    server = Server(python(DAEMON.format(SPIN)), tmp_path)
    try:
        eventually(lambda: server.cpu_s() > 0.1)
    finally:
        server.stop()
    assert server.cpu_s() == 0.0


def test_a_stranger_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", SLEEP])
    try:
        Server(python(SLEEP), tmp_path).stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_is_stopped_in_its_own_way_first(tmp_path: Path) -> None:
    stop = (sys.executable, "-c", "open('stopped', 'w').close()")
    server = Server(Command((sys.executable, "-c", SLEEP), ENVIRONMENT, stop), tmp_path)
    server.stop()
    assert (tmp_path / "stopped").exists()
    assert server._processes() == []


def test_a_command_that_failed_is_shown_with_the_end_of_its_log(tmp_path: Path) -> None:
    server = Server(python("raise SystemExit('the port is taken')"), tmp_path)
    try:
        eventually(lambda: server._first.poll() is not None)
        with pytest.raises(BenchFailed, match="the port is taken"):
            server.check()
    finally:
        server.stop()


def test_a_command_that_ended_well_has_left_its_server_running(tmp_path: Path) -> None:
    server = Server(python(DAEMON.format(SLEEP)), tmp_path)
    try:
        eventually(lambda: server._first.poll() == 0)
        server.check()
    finally:
        server.stop()
