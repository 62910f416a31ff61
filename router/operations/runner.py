"""Takes operations up, as many as there is room for, and runs them: one runner in every router worker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cluster.dispatch import SteppedDispatcher
from models.base import Spec
from router.codec.contract import OperationCodec
from router.errors import OperationsUnavailable
from router.metrics import RouterMetrics
from router.operations.contract import Claim, Operation
from router.operations.running import Means, Pace, Running
from router.operations.store import OperationStore

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunnerOptions:
    holder: str  # this worker, since its start: no other one has ever had this name
    room: int = 64  # operations at once: they wait for replicas, not for this worker
    poll_s: float = 1.0  # looks so often for what other workers have left
    sweep_s: float = 60.0  # and so often for what has been kept for long enough
    pace: Pace = Pace()


class Runner:
    """`run` until it is cancelled: then what it holds is left to others, from its last checkpoint."""

    def __init__(
        self,
        store: OperationStore,
        codecs: Mapping[str, OperationCodec],
        specs: Mapping[str, Spec],
        dispatchers: Mapping[str, SteppedDispatcher],
        metrics: RouterMetrics,
        options: RunnerOptions,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        """`codecs` by method, `specs` and `dispatchers` by model."""
        self._store = store
        self._codecs = codecs
        self._specs = specs
        self._dispatchers = dispatchers
        self._metrics = metrics
        self._options = options
        self._unix_time = unix_time
        self._running: dict[str, asyncio.Task[str]] = {}
        self._wanted = asyncio.Event()

    def look(self) -> None:
        """There may be something to take up: do not wait until it is time."""
        self._wanted.set()

    async def run(self) -> None:
        swept = -math.inf
        try:
            while True:
                self._wanted.clear()
                if time.monotonic() >= swept + self._options.sweep_s:
                    await self._sweep()
                    swept = time.monotonic()
                for claim in await self._claims():
                    self._take_up(claim)
                # Not wait_for: until Python 3.12 that loses a cancellation which comes together with the event.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._options.poll_s):
                        await self._wanted.wait()
        finally:
            await self._leave()

    async def _sweep(self) -> None:
        try:
            while await self._store.forget_old(self._unix_time()):
                pass
        except OperationsUnavailable as error:
            log.warning("no old operation is forgotten: %s", error)

    async def _claims(self) -> list[Claim]:
        options = self._options
        room = options.room - len(self._running)
        if room <= 0:
            return []
        try:
            now = self._unix_time()
            return list(await self._store.claim(options.holder, now, options.pace.lease_s, room))
        except OperationsUnavailable as error:
            log.warning("no operation is taken up: %s", error)
            return []

    def _take_up(self, claim: Claim) -> None:
        operation = claim.operation
        running = Running(claim, self._means(operation), self._store, self._options.pace, self._unix_time)
        task = asyncio.create_task(running.hold())
        self._running[operation.id] = task
        self._metrics.operation_taken_up(operation.model)

        def ended(done: asyncio.Task[str]) -> None:
            del self._running[operation.id]
            error = None if done.cancelled() else done.exception()
            if error is not None:  # a fault of ours: it is taken up again, and given up after some times
                log.error("operation %s is dropped", operation.id, exc_info=error)
            how = "left" if done.cancelled() else "dropped" if error is not None else done.result()
            self._metrics.operation_left(operation.model, how)
            self.look()

        task.add_done_callback(ended)

    def _means(self, operation: Operation) -> Means | None:
        """None for what is not served any more."""
        codec, dispatcher = self._codecs.get(operation.method), self._dispatchers.get(operation.model)
        if codec is None or dispatcher is None:
            return None
        return Means(codec, self._specs[operation.model], dispatcher)

    async def _leave(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
