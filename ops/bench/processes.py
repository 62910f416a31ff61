"""A server of a bench with all of its processes: start it, add up the CPU time that they took, stop them.

Ray's processes leave the tree of whoever started them, so they are found by a mark in their environment, or as children
of one that bears it. A process is known by its id together with its start time: ids are used again.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ops import processes
from ops.bench.contract import BenchFailed

_MARK = "BENCH_SERVER"
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_STOP_S = 30.0  # for the polite way; what is left then is killed
_SETTLED_CORES = 0.15  # an idle Ray cluster takes about 0.1
_SETTLE_S = 15.0
_LOG_LINES = 25


@dataclass(frozen=True)
class Command:
    """How a server is started and, where it wants to be told, how it is stopped."""

    start: Sequence[str]
    environment: Mapping[str, str]
    stop: Sequence[str] = ()


@dataclass(frozen=True)
class Process:
    pid: int
    started: int  # ticks since boot
    parent: int
    cpu_s: float  # of all its threads, and of its children that have ended


class Server:
    """Runs from here on; call `stop` in the end."""

    def __init__(self, command: Command, folder: Path) -> None:
        self._mark = secrets.token_hex(8)
        self._command = command
        self._folder = folder
        self._log = folder / "log"
        self._first = self._spawn(command.start)

    def check(self) -> None:
        """Raises BenchFailed with the end of the server's log where its command has failed."""
        if code := self._first.poll():
            raise BenchFailed(f"{self._command.start[0]} ended with {code}:\n{self.log_end()}")

    def log_end(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-_LOG_LINES:])

    def cpu_s(self) -> float:
        """CPU seconds, user and system, that all its processes have taken so far."""
        return sum(process.cpu_s for process in self._processes())

    def resident_bytes(self) -> int:
        """Memory of all its processes, what they share counted once."""
        return processes.resident_bytes(process.pid for process in self._processes())

    def settle(self) -> None:
        """Wait until the work that follows a start is over, or for a while at most."""
        end = time.monotonic() + _SETTLE_S
        before, cores = self.cpu_s(), 1.0
        while cores > _SETTLED_CORES and time.monotonic() < end:
            time.sleep(1.0)
            after = self.cpu_s()
            before, cores = after, after - before

    def stop(self) -> None:
        """End every process: by the server's own command where it has one, and whatever is left by its id."""
        found = set(self._processes())
        if self._command.stop:
            with suppress(subprocess.TimeoutExpired):
                self._spawn(self._command.stop).wait(_STOP_S)
            found |= set(self._processes())
        for process in filter(_alive, found):
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        self._first.wait()
        while any(map(_alive, found)):  # their ports and memory are free only then
            time.sleep(0.05)

    def _spawn(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self._folder,
                env={**self._command.environment, _MARK: self._mark},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _processes(self) -> list[Process]:
        every = {process.pid: process for process in _every()}
        ours = {pid for pid in every if _marked(pid, f"{_MARK}={self._mark}")}
        grown = True
        while grown:
            children = {pid for pid, process in every.items() if process.parent in ours} - ours
            ours |= children
            grown = bool(children)
        return [every[pid] for pid in ours]


def _every() -> Iterator[Process]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (process := _process(int(entry.name))) is not None:
            yield process


def _process(pid: int) -> Process | None:
    """None where it has ended."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field, the name, may hold anything; the third is the state.
    state, parent, *rest = line.rpartition(")")[2].split()
    if state == "Z":
        return None
    times = map(int, rest[9:13])  # utime, stime, cutime, cstime
    return Process(pid=pid, started=int(rest[17]), parent=int(parent), cpu_s=sum(times) / _TICKS_PER_S)


def _alive(process: Process) -> bool:
    now = _process(process.pid)
    return now is not None and now.started == process.started


def _marked(pid: int, mark: str) -> bool:
    try:
        return mark.encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is another user's
        return False
