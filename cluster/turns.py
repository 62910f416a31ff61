"""Stepped tasks on one model, in turns: some steps of one, then some of the next.

So a short task does not wait for the end of a long one, and whoever cancels waits for a step. What has begun is in
memory at once, so only so many are begun; the others wait in the order in which they came. One place is left to
ordinary calls, whose callers wait: long-running operations do not take it, however many there are.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cluster.batcher import Expired, Job, ModelCrashed, Run
from models.base import Refusal, Result, Step, SteppedModel

log = logging.getLogger(__name__)

_TURN_S = 0.05  # five hundred times what the way to the model's thread and back takes
_PLACES = 4

Steps = Generator[Step, None, Result]


@dataclass(frozen=True)
class _Turn:
    """What a turn came to: its last step, and how the task ended if it did."""

    step: Step | None
    outcome: Result | Refusal | None


@dataclass(frozen=True, eq=False)
class _Begun:
    job: Job
    steps: Steps
    started: float  # monotonic seconds


class Turns:
    """What a `Batcher` is to an ordinary model. The queue lives on the event loop, the steps run on one thread.

    A turn ends with the first step after `turn_s`; `places` tasks are under way at once, 2 or more.
    """

    def __init__(
        self,
        model: SteppedModel[Any, Any],
        turn_s: float = _TURN_S,
        places: int = _PLACES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._turn_s = turn_s
        self._places = places
        self._clock = clock
        self._waiting: deque[Job] = deque()
        self._begun: deque[_Begun] = deque()  # between two turns
        self._running: _Begun | None = None
        self._thread = ThreadPoolExecutor(1, "model")
        self._closed = False

    @property
    def in_flight(self) -> int:
        return len(self._waiting) + len(self._begun) + (self._running is not None)

    def submit(self, jobs: Sequence[Job]) -> None:
        """Queue what arrived together; call on the event loop."""
        self._waiting.extend(jobs)
        if self._running is None:
            self._next()

    def close(self) -> None:
        """What runs is not answered any more."""
        self._closed = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _next(self) -> None:
        self._begin()
        while self._begun:
            begun = self._begun.popleft()
            if self._is_wanted(begun.job, begun.started):
                self._running = begun
                self._thread.submit(self._turn, begun).add_done_callback(self._back_on_loop(begun))
                return
            self._thread.submit(begun.steps.close)  # no code of a model's runs on the event loop
            self._begin()

    def _begin(self) -> None:
        while len(self._begun) < self._places and (job := self._next_waiting()) is not None:
            now = self._clock()
            if self._is_wanted(job, now):
                self._begun.append(_Begun(job, self._model.steps(job.task, job.state), now))

    def _next_waiting(self) -> Job | None:
        """The first that may begin now."""
        operations = sum(begun.job.stepped is not None for begun in self._begun)
        for at, job in enumerate(self._waiting):
            if job.stepped is None or operations < self._places - 1:
                del self._waiting[at]
                return job
        return None

    def _is_wanted(self, job: Job, started: float) -> bool:
        """Whether somebody still waits for it; whose deadline has passed is told so."""
        if job.cancelled:
            return False
        now = self._clock()
        if now < job.deadline:
            return True
        job.done(Run(Expired(), job.arrived, started, now, 1))
        return False

    def _turn(self, begun: _Begun) -> _Turn:
        """On the model's thread."""
        end = self._clock() + self._turn_s
        step: Step | None = None
        try:
            while not begun.job.cancelled:
                step = next(begun.steps)
                if self._clock() >= end:
                    break
        except StopIteration as returned:
            return _Turn(step, returned.value)
        except Refusal as refusal:
            return _Turn(step, refusal)
        return _Turn(step, None)

    def _back_on_loop(self, begun: _Begun) -> Callable[[Future[_Turn]], None]:
        loop = asyncio.get_running_loop()

        def ended(done: Future[_Turn]) -> None:  # on the model's thread
            if not self._closed:
                loop.call_soon_threadsafe(self._ended, begun, done)

        return ended

    def _ended(self, begun: _Begun, done: Future[_Turn]) -> None:
        self._running = None
        try:
            self._tell(begun, done)
        finally:
            self._next()  # whoever is told, the others go on

    def _tell(self, begun: _Begun, done: Future[_Turn]) -> None:
        job, now = begun.job, self._clock()
        error = done.exception()
        if error is not None:
            log.error("the model crashed on a task", exc_info=error)
        turn = _Turn(None, None) if error is not None else done.result()
        outcome = ModelCrashed() if error is not None else turn.outcome
        if outcome is None:
            self._begun.append(begun)
        if job.cancelled:
            return
        if turn.step is not None and job.stepped is not None:
            job.stepped(turn.step)
        if outcome is not None and not job.cancelled:  # who was told of the step may have had enough
            job.done(Run(outcome, job.arrived, begun.started, now, 1))
