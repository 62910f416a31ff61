"""The handle path: a data-plane endpoint in the controller that passes frames on through Ray Serve's handle.

It serves where a replica cannot be reached directly. To the router it is one replica. What arrives in one read is one
handle call, so that requests share the cost of it and none waits for another.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from pathlib import Path

from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from cluster.dispatch import Endpoint
from cluster.plane import private_socket
from cluster.plane.frames import PREFIX, VERSION, Frame, Op, padded
from cluster.plane.stream import FrameStream
from cluster.replica import Replica


class Bridge:
    def __init__(self, handle: DeploymentHandle[Replica], path: Path, node: str) -> None:
        self.endpoint = Endpoint(replica=f"{handle.app_name}#handle", node=node, unix=str(path))
        self._handle = handle
        self._calls: set[asyncio.Task[None]] = set()
        self._listening = asyncio.create_task(self._listen(private_socket.bound(path, socket.SOCK_STREAM)))

    def close(self) -> None:
        self._listening.cancel()

    async def _listen(self, listening: socket.socket) -> None:
        async with await asyncio.get_running_loop().create_unix_server(self._connection, sock=listening) as server:
            await server.serve_forever()

    def _connection(self) -> FrameStream:
        return FrameStream(self._frames, lambda _: None)

    def _frames(self, connection: FrameStream, frames: Sequence[Frame]) -> None:
        """A cancelled request runs on: through a handle there is no way to reach it. Its steps come with its answer."""
        wanted = [received for received in frames if received.op in (Op.INFER, Op.BEGIN)]
        if wanted:
            call = asyncio.create_task(self._call(connection, b"".join(map(_bytes, wanted))))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def _call(self, connection: FrameStream, frames: bytes) -> None:
        try:
            connection.send([await self._handle.exchange.remote(frames)])
        except (RayError, RayServeException):
            connection.close()  # the router sees a replica lost and decides whether to ask again


def _bytes(received: Frame) -> bytes:
    header = received.header
    prefix = PREFIX.pack(VERSION, received.op, len(header), received.id, received.body.nbytes)
    return b"".join((prefix, header, bytes(padded(len(header)) - len(header)), received.body))
