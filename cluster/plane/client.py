"""The router's side of the data plane: one connection to one replica, many requests in flight on it."""

from __future__ import annotations

import asyncio
import itertools
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass

from cluster.dispatch import Endpoint, ModelFailed, TaskExpired, Timing, Told
from cluster.plane.frames import (
    BadFrame,
    Begin,
    Buffer,
    FaultKind,
    Frame,
    Infer,
    Op,
    advance_of,
    answer_of,
    arrays_in,
    describe,
    fault_of,
    frame,
)
from cluster.plane.stream import FrameStream
from models import schema
from models.base import Refusal, Result, Spec, State, Task

# A timer of its own costs a call 5 µs, one look at all of them nothing. A client's own deadline is kept by gRPC.
_SWEEP_S = 0.02


class ConnectionLost(Exception):
    """The replica went away before it answered: the task may be asked of another."""


class Draining(Exception):
    """The replica takes nothing new: nothing was started."""


class ReplicaConnection:
    """Lives on one event loop. `in_flight` is what the replica has not answered yet."""

    def __init__(self, spec: Spec, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._spec = spec
        self._stream = FrameStream(self._frames, self._lost)
        self._waiting: dict[int, _Waiting] = {}
        self._sweep: asyncio.TimerHandle | None = None
        self._ids = itertools.count(1)

    @property
    def in_flight(self) -> int:
        return len(self._waiting)

    @property
    def open(self) -> bool:
        return self._stream.open

    async def connect(self, own_node: str, tls: ssl.SSLContext | None) -> None:
        """Raises OSError where the replica cannot be reached."""
        loop = asyncio.get_running_loop()
        at = self.endpoint
        if at.unix and at.node == own_node:
            await loop.create_unix_connection(lambda: self._stream, at.unix)
        elif tls is None:
            raise ConnectionRefusedError(f"replica {at.replica} is on another node and there is no TLS to reach it by")
        else:
            await loop.create_connection(lambda: self._stream, at.host, at.port, ssl=tls, server_hostname=REPLICA_NAME)

    def close(self) -> None:
        self._stream.close()

    async def infer(self, task: Task, deadline: float, trace: str = "", trace_state: str = "") -> tuple[Result, Timing]:
        """As `cluster.dispatch.Dispatcher.infer`; also raises ConnectionLost or Draining: another may be asked."""
        if not self._stream.open:
            raise ConnectionLost(self.endpoint.replica)
        scalars, arrays = schema.flatten(task)
        id = next(self._ids)
        header = Infer(deadline - time.monotonic(), scalars, describe(arrays), trace, trace_state)
        return await self._answer(id, frame(Op.INFER, id, header, arrays.values()), deadline, None)

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
        """As `cluster.dispatch.SteppedDispatcher.advance`; also raises ConnectionLost or Draining."""
        if not self._stream.open:
            raise ConnectionLost(self.endpoint.replica)
        scalars, arrays = schema.flatten(task)
        reached = None if state is None else describe(state)
        id = next(self._ids)
        timeout_s = deadline - time.monotonic()
        header = Begin(timeout_s, checkpoint_s, scalars, describe(arrays), reached, trace, trace_state)
        tensors = [*arrays.values(), *(state or {}).values()]
        return await self._answer(id, frame(Op.BEGIN, id, header, tensors), deadline, told)

    async def _answer(
        self, id: int, asked: Sequence[Buffer], deadline: float, told: Told | None
    ) -> tuple[Result, Timing]:
        answered: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._wait(id, _Waiting(answered, deadline, told))
        self._stream.send(asked)
        if len(self._waiting) == 1:
            self._stream.flush()
        try:
            return self._result(await answered)
        except BadFrame:
            self._stream.close()
            raise
        finally:
            if self._waiting.pop(id, None) is not None:
                self._stream.send(frame(Op.CANCEL, id))

    def _result(self, received: Frame) -> tuple[Result, Timing]:
        if received.op is Op.ANSWER:
            answer = answer_of(received)
            flat = answer.scalars, arrays_in(received.body, answer.tensors)
            try:
                result = schema.restore(self._spec.result, flat, evidence=answer.evidence)
            except TypeError as error:  # another version of the result
                raise BadFrame(str(error)) from None
            return result, Timing(answer.queue_s, answer.run_s, answer.batch_size)
        fault = fault_of(received)
        match fault.kind:
            case FaultKind.REFUSAL:
                raise Refusal(fault.reason, fault.message, fault.field, fault.details)
            case FaultKind.EXPIRED:
                raise TaskExpired
            case FaultKind.DRAINING:
                raise Draining(self.endpoint.replica)
            case FaultKind.CRASHED:
                raise ModelFailed(self._spec.name)

    def _frames(self, stream: FrameStream, frames: Sequence[Frame]) -> None:
        for received in frames:
            if received.op is Op.STEP:
                self._stepped(received)
                continue
            if received.op not in (Op.ANSWER, Op.FAULT, Op.PONG):
                stream.close()
                return
            waiter = self._waiting.pop(received.id, None)
            if waiter is not None and not waiter.answered.done():
                waiter.answered.set_result(received)

    def _stepped(self, received: Frame) -> None:
        waiter = self._waiting.get(received.id)
        if waiter is None:  # cancelled meanwhile
            return
        try:
            advance = advance_of(received)
            state = None if advance.state is None else arrays_in(received.body, advance.state)
        except BadFrame:
            self._stream.close()
            return
        if waiter.told is not None:
            waiter.told(advance.progress, state)

    def _lost(self, stream: FrameStream) -> None:
        waiting, self._waiting = self._waiting, {}
        for waiter in waiting.values():
            if not waiter.answered.done():
                waiter.answered.set_exception(ConnectionLost(self.endpoint.replica))

    def _wait(self, id: int, waiting: _Waiting) -> None:
        self._waiting[id] = waiting
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(_SWEEP_S, self._expire)

    def _expire(self) -> None:
        """Give up whoever has waited too long."""
        now = time.monotonic()
        for waiting in self._waiting.values():
            if waiting.deadline <= now and not waiting.answered.done():
                waiting.answered.set_exception(TaskExpired())
        loop = asyncio.get_running_loop()
        self._sweep = loop.call_later(_SWEEP_S, self._expire) if self._waiting else None


@dataclass(eq=False, slots=True)
class _Waiting:
    answered: asyncio.Future[Frame]
    deadline: float  # monotonic seconds
    told: Told | None  # of each step that is done


REPLICA_NAME = "replica.faraday.internal"  # the name in every replica's certificate: identity, not an address

__all__ = ["REPLICA_NAME", "BadFrame", "ConnectionLost", "Draining", "ReplicaConnection"]
