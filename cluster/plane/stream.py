"""Frames out of a byte stream: small ones are copied from one buffer, a large one is received in place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np

from cluster.plane.frames import (
    MAX_BODY_BYTES,
    MAX_HEADER_BYTES,
    PREFIX,
    VERSION,
    BadFrame,
    Buffer,
    Frame,
    Op,
    padded,
)
from cluster.plane.keep_alive import keep_alive

_BUFFER_BYTES = 256 * 1024  # one read of a socket holds a whole batch of small requests
_MIN_READ_BYTES = 64 * 1024  # below this the rest of the buffer is moved to its front first


class FrameStream(asyncio.BufferedProtocol):
    """One connection. `on_frames` gets all frames that one read completed, together; `on_lost` is called once."""

    def __init__(
        self,
        on_frames: Callable[[FrameStream, Sequence[Frame]], None],
        on_lost: Callable[[FrameStream], None],
    ) -> None:
        self._on_frames = on_frames
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._start = self._end = 0
        self._large: _LargeFrame | None = None
        self._outgoing: list[Buffer] = []

    @property
    def open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def send(self, buffers: Sequence[Buffer]) -> None:
        """Queue the buffers of one or more frames. What is sent on a lost connection is dropped: `on_lost` told."""
        if not self.open:
            return
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self.flush)
        self._outgoing.extend(buffers)

    def flush(self) -> None:
        """One write for all that was sent in this turn of the event loop: a write costs as much as ten small frames.

        It comes by itself at the turn's end; call it where nothing more is to come.
        """
        outgoing, self._outgoing = self._outgoing, []
        if not outgoing or self._transport is None or self._transport.is_closing():
            return
        if sum(map(len, outgoing)) < _MIN_READ_BYTES:
            self._transport.write(b"".join(outgoing))
        else:
            for buffer in outgoing:
                self._transport.write(buffer)

    def close(self) -> None:
        self.flush()
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if (connection := transport.get_extra_info("socket")) is not None:
            keep_alive(connection)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._on_lost(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        if self._large is not None:
            return self._large.rest()
        if self._start == self._end:
            self._start = self._end = 0
        elif len(self._buffer) - self._end < _MIN_READ_BYTES:
            held = self._end - self._start
            self._buffer[:held] = bytes(self._buffer[self._start : self._end])
            self._start, self._end = 0, held
        return self._buffer[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        try:
            frames = self._received(nbytes)
        except BadFrame:
            self.close()
            return
        if frames:
            self._on_frames(self, frames)

    def _received(self, nbytes: int) -> list[Frame]:
        if self._large is not None:
            self._large.filled += nbytes
            if not self._large.complete:
                return []
            frame, self._large = self._large.frame(), None
            return [frame]
        self._end += nbytes
        frames: list[Frame] = []
        while self._end - self._start >= PREFIX.size:
            op, id, header, body = _prefix(self._buffer, self._start)
            at = self._start + PREFIX.size
            length = padded(header) + body
            if at + length <= self._end:
                frames.append(_frame(op, id, header, memoryview(bytes(self._buffer[at : at + length]))))
                self._start = at + length
            elif length > _MIN_READ_BYTES:
                self._large = _LargeFrame(op, id, header, length, self._buffer[at : self._end])
                self._start = self._end = 0
                break
            else:
                break
        return frames


class _LargeFrame:
    """A frame whose payload is received straight into its own memory."""

    def __init__(self, op: Op, id: int, header: int, length: int, first: memoryview) -> None:
        self._op, self._id, self._header = op, id, header
        self._payload = np.empty(length, np.uint8).data
        self._payload[: len(first)] = first
        self.filled = len(first)

    @property
    def complete(self) -> bool:
        return self.filled == len(self._payload)

    def rest(self) -> memoryview:
        return self._payload[self.filled :]

    def frame(self) -> Frame:
        return _frame(self._op, self._id, self._header, self._payload)


def _prefix(buffer: memoryview, at: int) -> tuple[Op, int, int, int]:
    version, op, header, id, body = PREFIX.unpack_from(buffer, at)
    known = _OPS.get(op)
    if version != VERSION or known is None or header > MAX_HEADER_BYTES or body > MAX_BODY_BYTES:
        raise BadFrame(f"version {version}, op {op}, {header} bytes of header, {body} of body")
    return known, id, header, body


_OPS = {int(op): op for op in Op}


def _frame(op: Op, id: int, header: int, payload: memoryview) -> Frame:
    return Frame(op, id, bytes(payload[:header]), payload[padded(header) :].toreadonly())
