"""Zero-wait batching on one model: what waits when the model is free is its next batch; nothing waits for company.

The queue lives on the event loop, so there is nothing to lock. The model runs on one thread of its own, unless it is
quicker than the way there and back: then it runs on the loop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec

from models.base import Model, Refusal, Result, State, Step, Task

log = logging.getLogger(__name__)


class ModelCrashed(Exception):
    """The model raised something that is no refusal; what it was stays in this replica's log."""


class Expired(Exception):
    """The deadline passed while the task waited."""


class Run(msgspec.Struct, frozen=True):
    """How one task fared: `outcome` and the monotonic instants between which it waited and ran, in seconds."""

    outcome: Result | Refusal | ModelCrashed | Expired
    arrived: float
    started: float
    ended: float
    batch_size: int


@dataclass(eq=False)
class Job:
    """One task in the queue. `done` is called on the event loop, unless the job was cancelled."""

    task: Task
    deadline: float  # monotonic seconds
    done: Callable[[Run], None]
    arrived: float = field(default_factory=time.monotonic)
    cancelled: bool = False
    alone: bool = False  # its batch crashed: it runs by itself, so that only the guilty task fails
    state: State | None = None  # of a stepped task: where it goes on
    stepped: Callable[[Step], None] | None = None  # of a stepped task: told on the event loop of steps that are done


class Batcher:
    def __init__(self, model: Model[Task, Result], max_batch: int, on_loop: bool = False) -> None:
        self._model = model
        self._max_batch = max_batch
        self._on_loop = on_loop
        self._queue: deque[Job] = deque()
        self._thread = ThreadPoolExecutor(1, "model")
        self._running: Sequence[Job] = ()
        self._closed = False

    @property
    def in_flight(self) -> int:
        return len(self._queue) + len(self._running)

    def submit(self, jobs: Sequence[Job]) -> None:
        """Queue what arrived together; call on the event loop."""
        self._queue.extend(jobs)
        if not self._running:
            self._next_batch()

    def close(self) -> None:
        """What runs is not answered any more."""
        self._closed = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _next_batch(self) -> None:
        now = time.monotonic()
        batch: list[Job] = []
        while self._queue and len(batch) < self._max_batch and not (batch and self._queue[0].alone):
            job = self._queue.popleft()
            if job.cancelled:
                continue
            if job.deadline <= now:
                job.done(Run(Expired(), job.arrived, now, now, 0))
            else:
                batch.append(job)
                if job.alone:
                    break
        self._running = batch
        if batch:
            self._start(batch, now)

    def _start(self, batch: Sequence[Job], started: float) -> None:
        loop = asyncio.get_running_loop()
        tasks = [job.task for job in batch]
        if self._on_loop:
            here = loop.create_task(self._run_here(tasks))
            here.add_done_callback(lambda done: None if done.cancelled() else self._ended(batch, started, done))
            return
        future = self._thread.submit(self._model.run, tasks)

        def ended(done: Future[Sequence[Result | Refusal]]) -> None:  # on the model's thread
            if not self._closed:
                loop.call_soon_threadsafe(self._ended, batch, started, done)

        future.add_done_callback(ended)

    async def _run_here(self, tasks: Sequence[Task]) -> Sequence[Result | Refusal]:
        return self._model.run(tasks)

    def _ended(
        self,
        batch: Sequence[Job],
        started: float,
        future: Future[Sequence[Result | Refusal]] | asyncio.Task[Sequence[Result | Refusal]],
    ) -> None:
        ended = time.monotonic()
        error = future.exception() or _miscount(batch, future.result())
        if error is not None and len(batch) > 1:
            log.warning("a batch of %d crashed; its tasks run again one by one", len(batch))
            for job in batch:
                job.alone = True
            self._queue.extendleft(reversed(batch))
            self._next_batch()
            return
        outcomes: Sequence[Result | Refusal | ModelCrashed]
        if error is None:
            outcomes = future.result()
        else:
            log.error("the model crashed on a task", exc_info=error)
            outcomes = [ModelCrashed()]
        try:
            for job, outcome in zip(batch, outcomes, strict=True):
                if not job.cancelled:
                    job.done(Run(outcome, job.arrived, started, ended, len(batch)))
        finally:
            self._next_batch()  # whoever is told, the others go on


def _miscount(batch: Sequence[Job], outcomes: Sequence[Result | Refusal]) -> Exception | None:
    if len(outcomes) == len(batch):
        return None
    return ValueError(f"the model gave {len(outcomes)} outcomes for {len(batch)} tasks")
