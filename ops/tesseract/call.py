"""A call of the router in the caller's own name, opened before the caller's body is read.

The router judges a call by its headers: credential, role, rate. So they go there first, as a gRPC client's would, and
somebody without a credential is refused before anything of the body was read or parsed. When the body has arrived in
good order it becomes the one message; else the call ends without one, and what the router says of the headers counts
before what is wrong with the body.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import grpc
from google.rpc import code_pb2, error_details_pb2, status_pb2
from starlette.requests import Request

from router.errors import Malformed
from router.status import DETAILS_KEY, DOMAIN

PASSED_ON = ("authorization", "traceparent", "tracestate")
_OF_THE_BODY = (code_pb2.INVALID_ARGUMENT, code_pb2.NOT_FOUND)
Metadata = Sequence[tuple[str, str]]


class Failed(Exception):
    """The router's refusal, or what gRPC says where there is none."""

    def __init__(self, status: status_pb2.Status) -> None:
        super().__init__(status)
        self.status = status


class Call:
    """One for each HTTP request. `close` it in any case."""

    def __init__(self, channel: grpc.aio.Channel, method: str, metadata: Metadata, timeout_s: float) -> None:
        self._call = channel.stream_unary(method)(metadata=metadata, timeout=timeout_s)
        self._sent = False
        self.ended: asyncio.Future[bytes] = asyncio.ensure_future(self._reply())

    async def finish(self, message: bytes) -> bytes:
        """The router's reply. Raises `Failed`."""
        self._sent = True
        with contextlib.suppress(asyncio.InvalidStateError, grpc.aio.AioRpcError):  # it has ended: `ended` says how
            await self._call.write(message)
        return await self._half_closed()

    async def check(self) -> None:
        """Where a body was no message: raise `Failed` if the router refuses the call even so."""
        if self._sent:
            return
        try:
            await self._half_closed()
        except Failed as failed:
            if failed.status.code not in _OF_THE_BODY:
                raise

    async def close(self) -> None:
        self._call.cancel()
        self.ended.cancel()
        await asyncio.wait((self.ended,))
        if not self.ended.cancelled():
            self.ended.exception()  # whoever asked has heard of it

    async def _half_closed(self) -> bytes:
        with contextlib.suppress(asyncio.InvalidStateError, grpc.aio.AioRpcError):
            await self._call.done_writing()
        return await asyncio.shield(self.ended)

    async def _reply(self) -> bytes:
        try:
            reply: bytes = await self._call
        except grpc.aio.AioRpcError as error:
            raise Failed(_status(error)) from error
        return reply


def metadata(request: Request) -> Metadata:
    """The headers that go on to the router. Raises `Malformed`."""
    passed = [(name, value) for name in PASSED_ON for value in request.headers.getlist(name)]
    for name, value in passed:
        if not (value.isascii() and value.isprintable()):
            raise Malformed("holds letters that gRPC's metadata may not", name)
    return passed


def _status(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_KEY:
            status: status_pb2.Status = status_pb2.Status.FromString(value)
            return status
    code = error.code()  # gRPC's own words would name the router's address
    made = status_pb2.Status(code=code.value[0], message="the router did not answer")
    made.details.add().Pack(error_details_pb2.ErrorInfo(reason=code.name, domain=DOMAIN))
    return made
