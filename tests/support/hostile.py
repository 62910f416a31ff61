"""HTTP/2 as an enemy speaks it: raw frames on a raw socket. Bounded in number and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
Header = tuple[str, str]


class Enemy:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._encoder = Encoder()
        self._next_stream = 1

    async def greet(self) -> None:
        """The preface and our settings."""
        self._writer.write(PREFACE + SettingsFrame(0).serialize())
        await self.flush()

    def send(self, *frames: Frame) -> None:
        self.raw(b"".join(frame.serialize() for frame in frames))

    def raw(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)

    async def flush(self) -> None:
        """What the server does not read any more is no failure of ours."""
        try:
            async with asyncio.timeout(2.0):
                await self._writer.drain()
        except (ConnectionError, TimeoutError):
            pass

    def call(self, method: str, metadata: Iterable[Header] = (), end_headers: bool = True) -> int:
        """Begin a call, without a body; returns its stream."""
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        headers = [
            *((":method", "POST"), (":scheme", "http"), (":path", method), (":authority", "localhost")),
            *(("te", "trailers"), ("content-type", "application/grpc")),
            *metadata,
        ]
        flags = ["END_HEADERS"] if end_headers else []
        self.send(HeadersFrame(stream, self._encoder.encode(headers), flags=flags))
        return stream

    def half_body(self, stream: int) -> None:
        """The prefix of a message of 1,000 bytes, and five of them."""
        self.send(DataFrame(stream, b"\0" + (1000).to_bytes(4, "big") + b"12345"))

    def reset(self, stream: int) -> None:
        self.send(RstStreamFrame(stream, error_code=8))

    def pings(self, count: int) -> None:
        """In one write: the server hangs up on the third, and a write after that would lose its last word."""
        self.send(*[PingFrame(0, b"knocking")] * count)

    def continuation(self, stream: int, data: bytes) -> None:
        self.send(ContinuationFrame(stream, data))

    async def closed(self, timeout_s: float) -> GoAwayFrame | None:
        """Read until the server closes the connection, at most so long; its last word. Raises TimeoutError."""
        data = b""
        async with asyncio.timeout(timeout_s):
            try:
                while received := await self._reader.read(1 << 16):
                    data += received
            except ConnectionError:
                pass
        return next((frame for frame in _frames(data) if isinstance(frame, GoAwayFrame)), None)

    async def trailers(self, count: int, timeout_s: float) -> int:
        """How many calls of ours the server has ended, once there are `count` or the time is over."""
        ended = 0
        try:
            async with asyncio.timeout(timeout_s):
                while ended < count and (head := await self._reader.readexactly(9)):
                    frame, length = Frame.parse_frame_header(memoryview(head))
                    await self._reader.readexactly(length)
                    ended += isinstance(frame, HeadersFrame) and "END_STREAM" in frame.flags
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            pass
        return ended


@asynccontextmanager
async def enemy(port: int) -> AsyncIterator[Enemy]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Enemy(reader, writer)
    finally:
        writer.transport.abort()  # an enemy does not say goodbye
        await asyncio.sleep(0)


def _frames(data: bytes) -> list[Frame]:
    found = []
    view = memoryview(data)
    while len(view) >= 9:
        frame, length = Frame.parse_frame_header(view[:9])
        frame.parse_body(view[9 : 9 + length])
        found.append(frame)
        view = view[9 + length :]
    return found
