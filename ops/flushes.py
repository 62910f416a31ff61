"""Stands between a process and its disk: every fsync and fdatasync of it waits here until it is answered.

Linux asks us by itself ("seccomp user notification", seccomp_unotify(2), Linux 5.0): nothing is compiled or preloaded,
and SQLite, PostgreSQL and Python's own os.fsync are all seen alike, in all threads and descendants of the process.
An answered flush returns 0 without having reached the disk: who answers says what is durable, and how long it takes.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_USER_NOTIF, _ALLOW = 0x7FC00000, 0x7FFF0000
_LOAD_WORD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06  # classic BPF
_RECEIVE, _SEND = 0xC0502100, 0xC0182101  # ioctls: _IOWR('!', 0, seccomp_notif), _IOWR('!', 1, seccomp_notif_resp)
_NOTIFICATION = struct.Struct("=QIIiIQ6Q")  # id, pid, flags, then seccomp_data: number, architecture, ip, arguments
_RESPONSE = struct.Struct("=QqiI")  # id, value, error, flags
_INSTRUCTION = struct.Struct("=HBBI")


@dataclass(frozen=True)
class _Calls:
    """Numbers of system calls."""

    seccomp: int
    fsync: int
    fdatasync: int


_CALLS = {"x86_64": _Calls(317, 74, 75), "aarch64": _Calls(277, 82, 83)}


class CannotWatch(Exception):
    """This kernel, or the container's policy, lets nobody wait for system calls."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return f"{self.why}: flushes cannot be watched. It takes Linux 5.0 on x86_64 or aarch64 that allows seccomp(2)"


@dataclass(frozen=True)
class Flush:
    """One call that waits. `file` names what it flushes as long as it waits, for whoever may look into the process."""

    listener: int
    id: int
    thread: int
    descriptor: int

    @property
    def file(self) -> Path:
        return Path(f"/proc/{self.thread}/fd/{self.descriptor}")


class Flushes:
    """The flushes of all processes that were started with `start_watched`, in the order in which they arrive."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._listeners: set[int] = set()

    def watch(self, listener: int) -> None:
        self._listeners.add(listener)
        self._poll.register(listener, select.EPOLLIN)

    def next(self, timeout_s: float) -> Flush | None:
        """Wait for one; None where none came."""
        for listener, event in self._poll.poll(timeout_s, maxevents=1):
            if event & select.EPOLLIN:
                return _received(listener)
            self._end(listener)  # all that it stood for have ended
        return None

    def answer(self, flush: Flush) -> None:
        """It has succeeded. No effect where the process has ended meanwhile."""
        with suppress(FileNotFoundError):
            fcntl.ioctl(flush.listener, _SEND, _RESPONSE.pack(flush.id, 0, 0, 0))

    def close(self) -> None:
        for listener in tuple(self._listeners):
            self._end(listener)
        self._poll.close()

    def _end(self, listener: int) -> None:
        self._poll.unregister(listener)
        self._listeners.remove(listener)
        os.close(listener)


def start(run: Callable[[], None]) -> int:
    """Run this in a process of its own, which ends with it and dies with us; its id. Call it with one thread alive."""
    child = os.fork()
    if child:
        return child
    _run(run)


def start_watched(run: Callable[[], None], flushes: Flushes) -> int:
    """The same, with its flushes watched from the first instruction on. Raises `CannotWatch`."""
    ours, theirs = socket.socketpair()
    with ours, theirs:

        def watched() -> None:
            _hand_over(theirs)
            run()

        child = start(watched)
        theirs.close()
        told, listeners, _, _ = socket.recv_fds(ours, 200, 1)
    if not listeners:
        os.waitpid(child, 0)
        raise CannotWatch(told.decode() or "the process ended at once")
    flushes.watch(listeners[0])
    return child


def die_with_parent() -> None:
    """This process is killed when the one that started it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _run(run: Callable[[], None]) -> NoReturn:
    code = 1
    try:
        die_with_parent()
        run()
        code = 0
    finally:  # whatever happened: the parent's clean-up above us on the stack is not ours to run
        if code:
            traceback.print_exc()
        os._exit(code)


def _hand_over(channel: socket.socket) -> None:
    """Install the filter in this process and give its listener away."""
    with channel:
        try:
            listener = _install_filter()
        except CannotWatch as refusal:
            channel.send(refusal.why.encode())
            raise
        socket.send_fds(channel, [b"listener"], [listener])
        os.close(listener)


def _install_filter() -> int:
    calls = _CALLS.get(platform.machine())
    if calls is None:
        raise CannotWatch(f"the machine is {platform.machine()}")
    program = b"".join(
        (
            _INSTRUCTION.pack(_LOAD_WORD, 0, 0, 0),  # the call's number
            _INSTRUCTION.pack(_JUMP_EQUAL, 1, 0, calls.fsync),
            _INSTRUCTION.pack(_JUMP_EQUAL, 0, 1, calls.fdatasync),
            _INSTRUCTION.pack(_RETURN, 0, 0, _USER_NOTIF),
            _INSTRUCTION.pack(_RETURN, 0, 0, _ALLOW),
        )
    )
    code = ctypes.create_string_buffer(program, len(program))
    filter = struct.pack("@HP", len(program) // _INSTRUCTION.size, ctypes.addressof(code))  # struct sock_fprog
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)  # without it only root may filter
    listener: int = libc.syscall(calls.seccomp, _SET_MODE_FILTER, _NEW_LISTENER, filter)
    if listener < 0:
        raise CannotWatch(f"seccomp: {os.strerror(ctypes.get_errno())}")
    return listener


def _received(listener: int) -> Flush | None:
    notification = bytearray(_NOTIFICATION.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, notification)
    except FileNotFoundError:  # killed between the poll and here
        return None
    id, thread, _, _, _, _, descriptor, *_ = _NOTIFICATION.unpack(notification)
    return Flush(listener, id, thread, descriptor)
