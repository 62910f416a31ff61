"""The replica's side of the data plane: frames in, batches to the model, frames out."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from cluster.batcher import Expired, Job, ModelCrashed, Run
from cluster.plane import private_socket
from cluster.plane.frames import (
    Answer,
    BadFrame,
    Begin,
    Buffer,
    Fault,
    FaultKind,
    Frame,
    Infer,
    NoSuchDtype,
    Op,
    arrays_in,
    begin_of,
    describe,
    frame,
    infer_of,
    two_in,
)
from cluster.plane.steps import Steps
from cluster.plane.stream import FrameStream
from models import schema
from models.base import Array, Refusal, Spec, Step, Task

log = logging.getLogger(__name__)
Observer = Callable[[Infer | Begin, Run, float], None]  # the last: the monotonic instant at which the reply was ready


class Queue(Protocol):
    """Where tasks wait for the model: a `Batcher`, or `Turns` where it is stepped."""

    def submit(self, jobs: Sequence[Job]) -> None: ...


class PlaneServer:
    """Serves one model to any number of routers. Lives on one event loop."""

    def __init__(self, spec: Spec, queue: Queue, observe: Observer) -> None:
        self._spec = spec
        self._queue = queue
        self._observe = observe
        self._connections: dict[FrameStream, dict[int, Job]] = {}
        self._steps: dict[tuple[FrameStream, int], Steps] = {}  # of what was begun
        self._servers: list[asyncio.Server] = []
        self._sockets: list[Path] = []
        self._draining = False

    @property
    def in_flight(self) -> int:
        return sum(map(len, self._connections.values()))

    async def listen_unix(self, path: Path) -> None:
        """Listen on a unix socket that only this user can open; its folder must exist."""
        loop = asyncio.get_running_loop()
        listening = private_socket.bound(path, socket.SOCK_STREAM)
        self._sockets.append(path)
        self._servers.append(await loop.create_unix_server(self._connection, sock=listening))

    async def listen_tls(self, host: str, context: ssl.SSLContext) -> int:
        """Listen on any free port of `host`, to peers that the context verifies; returns the port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._connection, host, 0, ssl=context)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def drain(self, grace_s: float, timeout_s: float) -> bool:
        """Serve for `grace_s` more, until routers have read that this replica goes; then refuse what is new and wait
        for what is in flight, at most `timeout_s`. True where nothing was left. What takes many steps is not waited
        for: it goes on elsewhere, from the last of them."""
        await asyncio.sleep(grace_s)
        self._draining = True
        for (connection, id), steps in list(self._steps.items()):
            steps.give_back()
            self._forget(connection, id)
        end = time.monotonic() + timeout_s
        while self.in_flight and time.monotonic() < end:  # noqa: ASYNC110 once in a life: not worth an event
            await asyncio.sleep(0.01)
        return not self.in_flight

    async def exchange(self, frames: bytes) -> bytes:
        """Answer request frames that came some other way than by a connection: the bytes of their replies."""
        connection = self._connection()
        memory = _Memory()
        connection.connection_made(memory)
        view = memoryview(frames)
        try:
            while view and connection.open:
                room = connection.get_buffer(len(view))
                count = min(len(room), len(view))
                room[:count] = view[:count]
                view = view[count:]
                connection.buffer_updated(count)
            while self._connections[connection] and connection.open:
                memory.written.clear()
                await memory.written.wait()
        finally:
            connection.close()  # writes what is still to be written
            self._lost(connection)
        return b"".join(memory.output)

    def close(self) -> None:
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.close()
        for path in self._sockets:
            path.unlink(missing_ok=True)

    def _connection(self) -> FrameStream:
        connection = FrameStream(self._frames, self._lost)
        self._connections[connection] = {}
        return connection

    def _lost(self, connection: FrameStream) -> None:
        for id in list(self._connections.get(connection, ())):
            self._forget(connection, id)
        self._connections.pop(connection, None)

    def _forget(self, connection: FrameStream, id: int) -> None:
        """Nobody waits for this task any more."""
        self._steps.pop((connection, id), None)
        job = self._connections[connection].pop(id, None)
        if job is not None:
            job.cancelled = True

    def _frames(self, connection: FrameStream, frames: Sequence[Frame]) -> None:
        jobs: list[Job] = []
        for received in frames:
            match received.op:
                case Op.INFER | Op.BEGIN if self._draining:
                    connection.send(frame(Op.FAULT, received.id, Fault(FaultKind.DRAINING)))
                case Op.INFER | Op.BEGIN:
                    try:
                        jobs.append(self._job(connection, received))
                    except BadFrame:
                        connection.close()
                        return
                case Op.CANCEL:
                    self._forget(connection, received.id)
                case Op.PING:
                    connection.send(frame(Op.PONG, received.id))
                case _:
                    connection.close()
                    return
        if jobs:
            self._queue.submit(jobs)

    def _job(self, connection: FrameStream, received: Frame) -> Job:
        if received.id in self._connections[connection]:
            raise BadFrame(f"request {received.id} is under way already")
        job = self._inferred(connection, received) if received.op is Op.INFER else self._begun(connection, received)
        self._connections[connection][received.id] = job
        return job

    def _inferred(self, connection: FrameStream, received: Frame) -> Job:
        infer = infer_of(received)
        task = self._task(infer, arrays_in(received.body, infer.tensors))
        return Job(task, time.monotonic() + infer.timeout_s, partial(self._done, connection, received.id, infer))

    def _begun(self, connection: FrameStream, received: Frame) -> Job:
        begin, id = begin_of(received), received.id
        if not self._spec.stepped:
            raise BadFrame(f"{self._spec.name} takes no steps")
        arrays, state = two_in(received.body, begin.tensors, begin.state or ())
        task, now = self._task(begin, arrays), time.monotonic()
        steps = Steps(connection, id, begin.checkpoint_s, now)

        def stepped(step: Step) -> None:
            try:
                steps.tell(step, time.monotonic())
            except NoSuchDtype:
                log.exception("%s has a state that does not travel", self._spec.name)
                connection.send(frame(Op.FAULT, id, Fault(FaultKind.CRASHED)))
                self._forget(connection, id)

        self._steps[connection, id] = steps
        done = partial(self._done, connection, id, begin)
        reached = None if begin.state is None else state
        return Job(task, now + begin.timeout_s, done, state=reached, stepped=stepped)

    def _task(self, asked: Infer | Begin, arrays: dict[str, Array]) -> Task:
        try:
            return schema.restore(self._spec.task, (asked.scalars, arrays))
        except TypeError as error:  # another version of the task
            raise BadFrame(str(error)) from None

    def _done(self, connection: FrameStream, id: int, asked: Infer | Begin, run: Run) -> None:
        self._connections[connection].pop(id)
        self._steps.pop((connection, id), None)
        try:
            reply = _reply(id, run)
        except NoSuchDtype:
            log.exception("%s answered what it does not declare", self._spec.name)
            reply = frame(Op.FAULT, id, Fault(FaultKind.CRASHED))
        ended = time.monotonic()  # before the router can have it
        connection.send(reply)
        if not self._connections[connection]:
            connection.flush()
        self._observe(asked, run, ended)


class _Memory(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.output: list[Buffer] = []
        self.written = asyncio.Event()
        self._closed = False

    def write(self, data: Buffer) -> None:
        self.output.append(data)
        self.written.set()

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._closed = True
        self.written.set()


def _reply(id: int, run: Run) -> list[Buffer]:
    match run.outcome:
        case Refusal() as refusal:
            fault = Fault(FaultKind.REFUSAL, refusal.reason, refusal.message, refusal.field, refusal.details)
            return frame(Op.FAULT, id, fault)
        case ModelCrashed():
            return frame(Op.FAULT, id, Fault(FaultKind.CRASHED))
        case Expired():
            return frame(Op.FAULT, id, Fault(FaultKind.EXPIRED))
        case result:
            scalars, arrays = schema.flatten(result)
            answer = Answer(
                scalars=scalars,
                tensors=describe(arrays),
                evidence=result.evidence,
                queue_s=run.started - run.arrived,
                run_s=run.ended - run.started,
                batch_size=run.batch_size,
            )
            return frame(Op.ANSWER, id, answer, arrays.values())
