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

from cluster.batcher import Batcher, Expired, Job, ModelCrashed, Run
from cluster.plane import private_socket
from cluster.plane.frames import (
    Answer,
    BadFrame,
    Buffer,
    Fault,
    FaultKind,
    Frame,
    Infer,
    NoSuchDtype,
    Op,
    arrays_in,
    describe,
    frame,
    infer_of,
)
from cluster.plane.stream import FrameStream
from models import schema
from models.base import Refusal, Spec

log = logging.getLogger(__name__)
Observer = Callable[[Infer, Run, float], None]  # the last is the monotonic instant at which the reply was ready


class PlaneServer:
    """Serves one model to any number of routers. Lives on one event loop."""

    def __init__(self, spec: Spec, batcher: Batcher, observe: Observer) -> None:
        self._spec = spec
        self._batcher = batcher
        self._observe = observe
        self._connections: dict[FrameStream, dict[int, Job]] = {}
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
        for what is in flight, at most `timeout_s`. True where nothing was left."""
        await asyncio.sleep(grace_s)
        self._draining = True
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
        for job in self._connections.pop(connection, {}).values():
            job.cancelled = True

    def _frames(self, connection: FrameStream, frames: Sequence[Frame]) -> None:
        jobs: list[Job] = []
        for received in frames:
            match received.op:
                case Op.INFER if self._draining:
                    connection.send(frame(Op.FAULT, received.id, Fault(FaultKind.DRAINING)))
                case Op.INFER:
                    try:
                        jobs.append(self._job(connection, received))
                    except BadFrame:
                        connection.close()
                        return
                case Op.CANCEL:
                    job = self._connections[connection].pop(received.id, None)
                    if job is not None:
                        job.cancelled = True
                case Op.PING:
                    connection.send(frame(Op.PONG, received.id))
                case _:
                    connection.close()
                    return
        if jobs:
            self._batcher.submit(jobs)

    def _job(self, connection: FrameStream, received: Frame) -> Job:
        infer = infer_of(received)
        if received.id in self._connections[connection]:
            raise BadFrame(f"request {received.id} is under way already")
        try:
            task = schema.restore(self._spec.task, (infer.scalars, arrays_in(received.body, infer.tensors)))
        except TypeError as error:  # another version of the task
            raise BadFrame(str(error)) from None
        done = partial(self._done, connection, received.id, infer)
        job = Job(task, time.monotonic() + infer.timeout_s, done)
        self._connections[connection][received.id] = job
        return job

    def _done(self, connection: FrameStream, id: int, infer: Infer, run: Run) -> None:
        self._connections[connection].pop(id)
        try:
            reply = _reply(id, run)
        except NoSuchDtype:
            log.exception("%s answered what it does not declare", self._spec.name)
            reply = frame(Op.FAULT, id, Fault(FaultKind.CRASHED))
        ended = time.monotonic()  # before the router can have it
        connection.send(reply)
        if not self._connections[connection]:
            connection.flush()
        self._observe(infer, run, ended)


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
