"""Start and stop an installation on this machine, and say how it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ops import processes
from ops.accounts import AccountsRefused, open_accounts
from ops.audit_files import AuditFiles
from ops.settings import Settings
from ops.state import StateFolder, write_private
from router.ledgers.errors import LedgerUnavailable

_READY_TIMEOUT_S = 180.0
_STOP_TIMEOUT_S = 60.0
_TAIL_BYTES = 3000
_MAX_RESTARTS = 3  # while starting; later the supervisor tries for ever


class AlreadyRunning(Exception):
    """There is an installation in this state folder."""

    def __init__(self, pid: int, root: str) -> None:
        super().__init__(pid, root)
        self.pid, self.root = pid, root

    def __str__(self) -> str:
        return f"Faraday runs already from {self.root} (pid {self.pid}): `faraday down` stops it"


class StartFailed(Exception):
    """It did not come up; the message is why, as far as is known."""


@dataclass(frozen=True)
class Status:
    """What the supervisor wrote last, if it is alive."""

    phase: str
    problem: str
    pid: int
    endpoint: str
    metrics: str
    dashboard: str
    ready_after_s: float
    children: dict[str, dict[str, Any]]


def status(state: StateFolder) -> Status | None:
    """None where nothing runs from this folder."""
    try:
        told = Status(**json.loads(state.status.read_text()))
    except FileNotFoundError:
        return None
    return told if _is_supervisor(told.pid) else None


def up(settings: Settings, state: StateFolder, progress: Callable[[str], None]) -> Status:
    """Start a supervisor of its own session, and return when everything answers.

    Raises AlreadyRunning or StartFailed.
    """
    prepare(settings, state)
    progress("starting the supervisor")
    with state.log.open("ab") as log:
        began = log.tell()
        supervisor = subprocess.Popen(
            supervisor_command(state),
            cwd=state.root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    with ExitStack() as half_way:  # what did not come up is not left behind, also when the user gives up
        half_way.callback(processes.end, [supervisor.pid], _STOP_TIMEOUT_S)
        told = _ready(state, supervisor, began, progress)
        half_way.pop_all()
        return told


def _ready(
    state: StateFolder, supervisor: subprocess.Popen[bytes], began: int, progress: Callable[[str], None]
) -> Status:
    until = time.monotonic() + _READY_TIMEOUT_S
    said = ""
    while time.monotonic() < until:
        time.sleep(0.1)
        if supervisor.poll() is not None:
            raise StartFailed(f"the supervisor ended with {supervisor.returncode}:\n{_tail(state, began)}")
        told = status(state)
        if told is None:
            continue
        if told.phase == "ready":
            return told
        looping = [name for name, child in told.children.items() if child["restarts"] >= _MAX_RESTARTS]
        if looping:
            raise StartFailed(f"{', '.join(looping)} does not stay up:\n{_tail(state, began)}")
        waiting = [name for name, child in told.children.items() if not child["ready"]]
        problem = told.problem.strip().rpartition("\n")[2]
        now = f"waiting for {', '.join(waiting)}" + (f": {problem}" if problem else "")
        if now != said:
            progress(now)
            said = now
    raise StartFailed(f"not ready after {_READY_TIMEOUT_S:.0f} s; {said}\n{_tail(state, began)}")


def prepare(settings: Settings, state: StateFolder) -> None:
    """Everything that the supervisor finds in the state folder.

    Raises AlreadyRunning, and StartFailed where the privacy accounts cannot be as the settings say.
    """
    running = status(state)
    if running is not None:
        raise AlreadyRunning(running.pid, str(state.root))
    state.prepare()
    AuditFiles(state.root).prepare(os.urandom)
    try:
        open_accounts(settings, state)
    except (AccountsRefused, LedgerUnavailable) as error:
        raise StartFailed(str(error)) from error
    write_private(state.settings, settings.model_dump_json())


def supervisor_command(state: StateFolder) -> list[str]:
    return [sys.executable, "-m", "ops.supervisor", "--state", str(state.root)]


def down(state: StateFolder) -> bool:
    """Stop what runs from this folder, gracefully; False where nothing did."""
    running = status(state)
    if running is None:
        return False
    processes.end([running.pid], _STOP_TIMEOUT_S)
    return True


def _is_supervisor(pid: int) -> bool:
    command = processes.command_of(pid)
    return command is not None and "ops.supervisor" in command.argv and processes.alive(pid)


def _tail(state: StateFolder, began: int) -> str:
    with state.log.open("rb") as log:
        log.seek(max(began, state.log.stat().st_size - _TAIL_BYTES))
        return log.read().decode(errors="replace")
