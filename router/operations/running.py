"""One operation that this worker has taken up: computed, kept, and ended or left to another worker."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from cluster.dispatch import NoReplicaInTime, ReplicasLost, SteppedDispatcher, TaskExpired
from models.base import Progress, Refusal, Result, Spec
from models.base import State as ModelState
from router import status
from router.call import Question, Reply
from router.codec import operations as messages
from router.codec.contract import OperationCodec
from router.errors import DeadlinePassed, OperationsUnavailable, ReplicaLost, UnknownModel
from router.operations.checkpoint import packed, unpacked
from router.operations.contract import Claim, LeaseLost, Operation, State
from router.operations.rules import MAX_FUTILE
from router.operations.store import OperationStore

log = logging.getLogger(__name__)

_MAX_LOSSES = 3  # replicas that may go over one step, each so long before the next that nobody waited for that


@dataclass(frozen=True)
class Pace:
    """How often what is done about an operation, in seconds."""

    beat_s: float = 1.0  # progress is written, and a wish to stop is read
    lease_s: float = 10.0  # without a beat for so long, another worker takes it up
    checkpoint_s: float = 5.0  # of work may be lost with a replica or a worker


@dataclass(frozen=True)
class Means:
    """What it takes to run the operations of one method and model."""

    codec: OperationCodec
    spec: Spec
    dispatcher: SteppedDispatcher


class Running:
    """`hold` is its whole life on this worker."""

    def __init__(
        self, claim: Claim, means: Means | None, store: OperationStore, pace: Pace, unix_time: Callable[[], float]
    ) -> None:
        self._operation = claim.operation
        self._request = claim.request
        self._means = means
        self._store = store
        self._pace = pace
        self._unix_time = unix_time
        self._lease_ends = time.monotonic() + pace.lease_s
        self._checkpoint = claim.checkpoint
        self._state: ModelState | None = None
        self._news: Progress | None = None  # told since the last beat
        self._state_is_news = False
        self._steps = 0  # the most that were done

    async def hold(self) -> str:
        """How it went, in a word or some. Cancelled, it leaves the operation to another worker."""
        working = asyncio.create_task(self._answer())
        try:
            stopped = await self._until_done(working)
            return await self._end(working, stopped)
        except LeaseLost:
            return "lost"
        except asyncio.CancelledError:
            await self._let_go()
            raise
        finally:
            working.cancel()

    async def _answer(self) -> bytes:
        """What is kept of its success. Raises whatever there is to be told of its failure."""
        operation, means = self._operation, self._means
        if means is None:
            message = f"{operation.model} is not served by {operation.method} any more"
            raise UnknownModel(message, {"model": operation.model})
        if operation.futile > MAX_FUTILE:
            details = {"model": operation.model, "attempts": str(operation.attempt)}
            raise ReplicaLost("it was taken up again and again without a step; it may be the cause", details)
        question = means.codec.decode(self._request)
        if self._checkpoint is not None:
            self._state = unpacked(self._checkpoint, means.spec.version)
        try:
            result = await self._result(means, question)
        except Refusal as refusal:
            raise means.codec.refusal(refusal, question) from None
        reply = Reply(
            model=operation.model,
            model_version=means.spec.version,
            result=result,
            evidence=result.evidence,
            trace_id=_trace_id(operation),
            elapsed_s=self._unix_time() - operation.created,
        )
        return messages.response(means.codec.response_name, means.codec.encode(reply, question))

    async def _result(self, means: Means, question: Question) -> Result:
        operation = self._operation
        details = {"model": operation.model}
        deadline = time.monotonic() + operation.expires - self._unix_time()
        traceparent = operation.trace if operation.trace.endswith("-01") else ""  # recorded where it is sampled
        furthest, losses = self._steps, 0
        while time.monotonic() < deadline:
            try:
                result, _ = await means.dispatcher.advance(
                    *(question.task, self._state, deadline, self._told, self._pace.checkpoint_s),
                    *(traceparent, operation.trace_state),
                )
                return result
            except NoReplicaInTime as none:
                log.info("operation %s waits for a replica of %s", operation.id, operation.model)
                losses = (0 if self._steps > furthest else losses) + none.asked_before
                furthest = self._steps
                if losses == _MAX_LOSSES:
                    raise _at_fault(operation) from None
            except ReplicasLost:
                raise _at_fault(operation) from None
            except TaskExpired:
                break
        raise DeadlinePassed(f"{operation.model} did not come to an end before the operation's deadline", details)

    def _told(self, progress: Progress, state: ModelState | None) -> None:
        self._news = progress
        self._steps = max(self._steps, progress.step)
        if state is not None:
            self._state, self._state_is_news = state, True

    async def _until_done(self, working: asyncio.Task[bytes]) -> bool:
        """Keep the lease until there is an outcome; whether somebody wanted it to stop. Raises LeaseLost."""
        while True:
            await asyncio.wait((working,), timeout=self._pace.beat_s)
            if working.done():
                return False
            if await self._beat():
                working.cancel()
                await asyncio.wait((working,))
                return True

    async def _beat(self) -> bool:
        """Write what was told; whether somebody wants it to stop. Raises LeaseLost."""
        begun = time.monotonic()
        progress, self._news = self._news, None
        checkpoint = self._fresh_checkpoint()
        try:
            until = self._unix_time() + self._pace.lease_s
            self._operation = await self._store.keep(self._operation, progress, checkpoint, until)
        except OperationsUnavailable as error:
            log.warning("operation %s: %s", self._operation.id, error)
            self._news, self._state_is_news = self._news or progress, True
            if begun >= self._lease_ends:
                raise LeaseLost(self._operation.id) from None
            return False
        self._lease_ends = begun + self._pace.lease_s
        return self._operation.cancelling

    def _fresh_checkpoint(self) -> bytes | None:
        if self._means is None or self._state is None or not self._state_is_news:
            return None
        self._state_is_news = False
        return packed(self._state, self._means.spec.version)

    async def _end(self, working: asyncio.Task[bytes], stopped: bool) -> str:
        """Raises LeaseLost."""
        state, outcome = State.CANCELLED, b""
        if not working.cancelled():
            error = working.exception()
            assert error is None or isinstance(error, Exception)
            state, outcome = (State.SUCCEEDED, working.result()) if error is None else (State.FAILED, _failure(error))
        elif not stopped:
            raise LeaseLost(self._operation.id)  # this worker ends
        while True:
            try:
                await self._store.finish(self._operation, self._news, state, outcome, self._unix_time())
                return state.name.lower()
            except OperationsUnavailable as error:
                log.warning("operation %s cannot be ended: %s", self._operation.id, error)
                if time.monotonic() >= self._lease_ends:
                    raise LeaseLost(self._operation.id) from None
            await asyncio.sleep(self._pace.beat_s)

    async def _let_go(self) -> None:
        try:
            await self._beat()
            await self._store.let_go(self._operation)
        except (LeaseLost, OperationsUnavailable) as error:
            log.warning(
                "operation %s is not left to another worker before its lease ends: %s", self._operation.id, error
            )


def _at_fault(operation: Operation) -> ReplicaLost:
    message = f"replicas of {operation.model} died one after another over one step; it may be the cause"
    return ReplicaLost(message, {"model": operation.model})


def _failure(error: Exception) -> bytes:
    error_id = uuid.uuid4().hex
    if not status.known(error):
        log.error("unknown error %s", error_id, exc_info=error, extra={"error_id": error_id})
    return messages.failure(status.status_of(error, error_id))


def _trace_id(operation: Operation) -> str:
    return operation.trace.split("-")[1] if operation.trace else ""
