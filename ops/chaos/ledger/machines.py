"""What processes run on in a trial: this machine as it is, or one whose disk we play and whose power we can cut."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from ops.chaos.disk import Disk
from ops.flushes import CannotWatch, Flush, Flushes, start, start_watched

_GLANCE_S = 0.001
PATIENCE_S = 60.0  # on a machine that is busy with other things: nothing here is about speed
_PR_SET_CHILD_SUBREAPER = 36


class Stuck(Exception):
    """The harness itself, or what it started, does not get on: nothing is known of the ledger."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Machine(Protocol):
    @property
    def lossy(self) -> bool:
        """Whether its power can be cut. What shall lose it must have been started there."""
        ...

    def start(self, run: Callable[[], None]) -> int:
        """A process of its own; its id."""
        ...

    def pass_time(self, seconds: float) -> None:
        """Let all that was started go on for this long."""
        ...


class Plain:
    """This machine: a killed process leaves behind whatever it had written."""

    lossy = False

    def start(self, run: Callable[[], None]) -> int:
        return start(run)

    def pass_time(self, seconds: float) -> None:
        time.sleep(seconds)


class Lossy:
    """Its disk is a model over one folder. Flushes are answered one after the other, and only while time passes."""

    lossy = True

    def __init__(self, folder: Path) -> None:
        self._flushes = Flushes()
        self._disk = Disk(folder)
        self._waiting: Flush | None = None

    def start(self, run: Callable[[], None]) -> int:
        """Raises `CannotWatch`."""
        return start_watched(run, self._flushes)

    def pass_time(self, seconds: float) -> None:
        """Flushes take no time."""
        self.pass_flushes(None, 0.0, seconds)

    def pass_flushes(self, count: int | None, flush_s: float, seconds: float) -> None:
        """Let all go on up to the flush of this number, which is left unanswered; for so many seconds at most."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            flush = self._flushes.next(left)
            if flush is None:
                continue
            if count is not None and (count := count - 1) <= 0:
                self._waiting = flush
                return
            time.sleep(flush_s)
            self._reach_disk(flush)
            self._flushes.answer(flush)

    def finish_flush(self) -> None:
        """The one that was left unanswered has reached the disk, and nobody is told."""
        if self._waiting is not None:
            self._reach_disk(self._waiting)

    def lose_power(self, rng: random.Random) -> int:
        """After all processes were killed; how many files are not what they were before."""
        return self._disk.lose_power(rng)

    def close(self) -> None:
        self._flushes.close()
        self._disk.close()

    def _reach_disk(self, flush: Flush) -> None:
        try:
            self._disk.flush(flush.file)
        except PermissionError as error:  # PostgreSQL runs as nobody for root, who may lack this in a container
            raise CannotWatch(f"{error}: give CAP_SYS_PTRACE, or do not be root") from error


def wait(machine: Machine, what: str, there: Callable[[], bool]) -> None:
    """Raises `Stuck`."""
    end = time.monotonic() + PATIENCE_S
    while not there():
        if time.monotonic() > end:
            raise Stuck(f"waited {PATIENCE_S:g} s for {what}")
        machine.pass_time(_GLANCE_S)


def finish(machine: Machine, process: int) -> int:
    """Wait for its end; its exit code, negative for a signal's number."""
    codes: list[int] = []

    def ended() -> bool:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            codes.append(os.waitstatus_to_exitcode(status))
        return bool(found)

    wait(machine, f"process {process}", ended)
    return codes[0]


def kill(processes: Sequence[int]) -> None:
    """kill -9, and wait for the end. Raises `Stuck` for one that had ended by itself."""
    for process in processes:
        os.kill(process, signal.SIGKILL)
    for process in processes:
        _, status = os.waitpid(process, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            raise Stuck(f"process {process} ended by itself, before it was killed")


def adopt_orphans() -> None:
    """Be the parent of descendants whose own parent is killed, so that their end can be waited for."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_for_end(machine: Machine, orphans: Sequence[int]) -> None:
    """Of processes that are adopted or will be, unless their own parent has heard of their end in its last moment."""
    for orphan in orphans:
        wait(machine, f"process {orphan} to end", partial(_ended, orphan))


def _ended(orphan: int) -> bool:
    try:
        found, _ = os.waitpid(orphan, os.WNOHANG)
    except ChildProcessError:  # not ours: not yet, or its parent has heard of its end
        return not Path(f"/proc/{orphan}").exists()
    return bool(found)
