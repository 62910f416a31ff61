"""The dispatch contract: where replicas are, and what asking one means. All that the router may know of the cluster."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from models.base import Progress, Result, State, Task


class Endpoint(msgspec.Struct, frozen=True):
    """One replica, reached by `unix` where `node` is the router's own node, else by `host` and `port` over TLS."""

    replica: str
    node: str
    unix: str = ""
    host: str = ""
    port: int = 0


class Table(msgspec.Struct, frozen=True):
    """Every model that is served, and its replicas at this moment; none while it is scaled to zero.

    `node` is where the routers are that read this file: replicas there are reached by unix socket.
    """

    node: str = ""
    models: dict[str, tuple[Endpoint, ...]] = {}

    def write(self, path: Path) -> None:
        """Replace the file in one step, readable by this user alone."""
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(self))
        fresh.rename(path)

    @classmethod
    def read(cls, path: Path) -> Table:
        return msgspec.json.decode(path.read_bytes(), type=cls)


class Timing(msgspec.Struct, frozen=True):
    """Where the time of one inference went, in seconds."""

    queue_s: float
    run_s: float
    batch_size: int


class Dispatcher(Protocol):
    """Asks the replicas of one model."""

    @property
    def replica_count(self) -> int: ...

    async def infer(self, task: Task, deadline: float, trace: str = "", trace_state: str = "") -> tuple[Result, Timing]:
        """The answer of one replica before `deadline` (monotonic seconds).

        Raises `models.base.Refusal` for a task that cannot be answered and the exceptions below. Cancelling the call
        cancels the task.
        """
        ...


Told = Callable[[Progress, State | None], None]  # a step is done; its state comes with some of them


class SteppedDispatcher(Protocol):
    """Asks the replicas of one stepped model."""

    async def advance(
        self,
        task: Task,
        state: State | None,
        deadline: float,
        told: Told,
        checkpoint_s: float,
        trace: str = "",
        trace_state: str = "",
    ) -> tuple[Result, Timing]:
        """As `Dispatcher.infer`, from `state` on. `told` is called on the event loop, with a state every
        `checkpoint_s`; where a replica is lost, another goes on from the last one, so that steps may be told twice.
        """
        ...


class NoReplicaInTime(Exception):
    """No replica could be asked before the deadline; or, where `asked_before`, none again after one was lost."""

    def __init__(self, model: str, asked_before: bool) -> None:
        super().__init__(model, asked_before)
        self.asked_before = asked_before


class ReplicasLost(Exception):
    """So many replicas died over this one task that it may be the cause."""


class TaskExpired(Exception):
    """The deadline passed before an answer came."""


class ModelFailed(Exception):
    """The model raised what it should not have; the cause is in the replica's log."""


async def watch(path: Path, changed: Callable[[Table], None], interval_s: float = 0.05) -> None:
    """Call `changed` with the table in `path`, now and whenever it is replaced; wait for a missing file.

    One stat per interval: it needs no connection, so nothing is set up again when the writer or a reader restarts.
    """
    seen: tuple[int, int] | None = None
    while True:
        with contextlib.suppress(FileNotFoundError):
            state = path.stat()  # noqa: ASYNC240 takes a microsecond on a local disk
            mark = (state.st_mtime_ns, state.st_ino)
            if mark != seen:
                table = Table.read(path)
                seen = mark
                changed(table)
        await asyncio.sleep(interval_s)
