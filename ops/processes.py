"""What Linux tells of processes, and how they are ended: by pid, and only those that are ours."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Command:
    """How a running process was started."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    folder: Path


def adopt_orphans() -> None:
    """From now on, what daemons descend from this process become its children when their parents end."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent() -> None:
    """Ask the kernel for SIGTERM when this process's parent dies."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def own_processes() -> Iterator[int]:
    """The pids of this user's processes, this one left out."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if entry.stat().st_uid == os.getuid():
                    yield int(entry.name)
            except FileNotFoundError:
                continue


def children() -> list[int]:
    """The pids of this process's children, adopted ones too."""
    return [pid for pid in own_processes() if parent_of(pid) == os.getpid()]


def family(pid: int) -> list[int]:
    """The pid and those of all its descendants."""
    parents = {each: parent_of(each) for each in [*own_processes(), os.getpid()]}
    found = [pid]
    for member in found:
        found.extend(each for each, parent in parents.items() if parent == member)
    return found


def parent_of(pid: int) -> int | None:
    """None where there is no such process."""
    stat = _read(pid, "stat")
    return int(stat.rpartition(b")")[2].split()[1]) if stat else None


def command_of(pid: int) -> Command | None:
    """None where there is no such process, or where it is not ours to look at."""
    argv, environment = _read(pid, "cmdline"), _read(pid, "environ")
    if not argv:
        return None
    pairs = (entry.partition("=") for entry in os.fsdecode(environment).split("\0") if "=" in entry)
    try:
        folder = Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None
    arguments = os.fsdecode(argv).rstrip("\0").split("\0")
    return Command(tuple(arguments), {name: value for name, _, value in pairs}, folder)


def naming(folder: Path) -> list[int]:
    """The pids of this user's processes whose command line or environment names something in `folder`."""
    mark = os.fsencode(folder) + b"/"
    return [pid for pid in own_processes() if mark in _read(pid, "cmdline") or mark in _read(pid, "environ")]


def alive(pid: int) -> bool:
    """Whether it runs; one that has ended and not been waited for does not."""
    stat = _read(pid, "stat")
    return bool(stat) and stat.rpartition(b")")[2].split()[0] != b"Z"


def end(pids: Iterable[int], grace_s: float) -> None:
    """SIGTERM; what is left after `grace_s` gets SIGKILL."""
    left = [pid for pid in pids if _signal(pid, signal.SIGTERM)]
    until = time.monotonic() + grace_s
    while left and time.monotonic() < until:
        time.sleep(0.05)
        left = [pid for pid in left if alive(pid)]
    for pid in left:
        _signal(pid, signal.SIGKILL)


def resident_bytes(pids: Iterable[int]) -> int:
    """Their memory, what they share counted once (proportional set size)."""
    total = 0
    for pid in pids:
        lines = _read(pid, "smaps_rollup").splitlines()
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:"))
    return total


def _signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")
