"""Where a gRPC call enters and leaves: trace, limits, identity and message on the way in, status on the way out.

Unary methods are served as stream-unary, so that we and not gRPC read the message: a body that stops half-way ends
with a typed error after `body_timeout_s` instead of holding its call for ever.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import grpc
from grpc.aio import EOF
from msgspec.structs import replace

from cluster.tracing import unix_clock
from router import errors, status, tracing
from router.auth import Authenticator
from router.call import Caller, Principal
from router.metrics import RouterMetrics
from router.patience import Patience
from router.peers import address_of
from router.rate import RateLimiter
from router.rpcs import Messages, Rpc, Stream, Unary
from router.tls import peer_identity

log = logging.getLogger(__name__)
access = logging.getLogger("faraday.access")

_BACK_S = 0.1  # another worker on this port takes a new connection at once
ANYBODY = Principal("anybody", "", frozenset())  # who calls a method that asks for no credential


@dataclass(frozen=True)
class EdgeLimits:
    message_bytes: int = 64 << 20
    metadata_bytes: int = 16 << 10
    body_timeout_s: float = 10.0
    stream_idle_s: float = 300.0  # between two messages of a stream
    default_timeout_s: float = 30.0  # for a call that brings no deadline
    access_log_ratio: float = 0.01  # of the calls that went well; all that failed are logged


class Edge:
    """One per router worker."""

    def __init__(
        self,
        limits: EdgeLimits,
        authenticator: Authenticator,
        rate: RateLimiter,
        entrance: tracing.Entrance,
        spans: tracing.ServerSpans,
        metrics: RouterMetrics,
        chance: Callable[[], float],
    ) -> None:
        self._limits = limits
        self._authenticator = authenticator
        self._rate = rate
        self._entrance = entrance
        self._spans = spans
        self._metrics = metrics
        self._chance = chance
        self._draining = False
        self._patience = Patience()

    def drain(self) -> None:
        """From now on a stream ends when it has answered what it was sent."""
        self._draining = True
        self._patience.hurry()

    def handler(self, rpc: Rpc) -> grpc.RpcMethodHandler:
        """gRPC's handler of one method; messages stay bytes."""
        if isinstance(rpc, Unary):

            async def unary(requests: Any, context: Any) -> bytes:
                return await self._unary(rpc, context)

            return grpc.stream_unary_rpc_method_handler(unary)

        async def stream(requests: Any, context: Any) -> AsyncIterator[bytes]:
            async with aclosing(self._stream(rpc, context)) as replies:
                async for reply in replies:
                    yield reply

        return grpc.stream_stream_rpc_method_handler(stream)

    def unknown(self, method: str) -> grpc.RpcMethodHandler:
        """For a method that nobody serves."""

        async def refuse(requests: Any, context: Any) -> None:
            visit = _Visit(self, method, context)
            await visit.fail(errors.UnknownMethod(f"there is no method {method[:200]}", {"method": method}))

        return grpc.stream_unary_rpc_method_handler(refuse)

    async def _unary(self, rpc: Unary, context: Any) -> bytes:
        visit = _Visit(self, rpc.method, context)
        try:
            caller = self._caller(rpc, visit)
            body = await self._message(visit, self._limits.body_timeout_s)
            if body is None:
                raise errors.Malformed("the call ended without a message")
            reply = await rpc.answer(caller, body)
        except asyncio.CancelledError:
            visit.given_up()
            raise
        except Exception as error:  # noqa: BLE001 the one broad except: whatever it is becomes a status
            await visit.fail(error)
        visit.response_bytes += len(reply)
        visit.end("OK")
        return reply

    async def _stream(self, rpc: Stream, context: Any) -> AsyncGenerator[bytes, None]:
        visit = _Visit(self, rpc.method, context)
        try:
            caller = self._caller(rpc, visit)
            async with aclosing(rpc.answer(self._messages(visit, caller))) as replies:
                async for reply in replies:
                    visit.response_bytes += len(reply)
                    yield reply
            if visit.cut_off:
                raise errors.ShuttingDown("this router stops; connect again", _BACK_S)
        except (asyncio.CancelledError, GeneratorExit):
            visit.given_up()
            raise
        except Exception as error:  # noqa: BLE001 as above, for streams
            await visit.fail(error)
        visit.end("OK")

    def _caller(self, rpc: Rpc, visit: _Visit) -> Caller:
        if visit.metadata_bytes > self._limits.metadata_bytes:
            details = {"got_bytes": str(visit.metadata_bytes), "limit_bytes": str(self._limits.metadata_bytes)}
            raise errors.TooLarge(f"the metadata has {visit.metadata_bytes} bytes", details)
        remaining = visit.context.time_remaining()
        timeout = self._limits.default_timeout_s if remaining is None else remaining
        visit.timeout_s = remaining
        if timeout <= 0:
            raise errors.DeadlinePassed("the deadline has passed already")
        principal = ANYBODY if rpc.role is None else self._identify(rpc, visit)
        return Caller(rpc.method, principal, visit.arrived + timeout, visit.trace.context, visit.arrived)

    def _identify(self, rpc: Rpc, visit: _Visit) -> Principal:
        try:
            # A header counts before a certificate, and asking gRPC for that one takes as long as all the rest.
            certificate = None if visit.credential else peer_identity(visit.context.auth_context())
            principal = self._authenticator.identify(visit.metadata, time.time(), certificate)
        except errors.Unauthenticated:
            self._rate.admit_failure(address_of(visit.context.peer()), visit.arrived)
            raise
        visit.principal = principal.name
        if rpc.role is not None and not principal.may(rpc.role):
            role = rpc.role.value
            raise errors.Forbidden(f"{rpc.method} takes the role {role}", {"role": role, "method": rpc.method})
        self._rate.admit(principal, visit.arrived)
        return principal

    async def _message(self, visit: _Visit, timeout_s: float, idle: bool = False) -> bytes | None:
        """The next message; None after the last one. An `idle` stream has got messages before."""
        try:
            if idle and self._draining:
                raise TimeoutError
            body = await self._patience.wait(visit.context.read(), timeout_s, hurried=idle)
        except TimeoutError:
            if idle and self._draining:
                visit.cut_off = True
                return None
            raise errors.BodyTimeout(f"the message did not arrive within {timeout_s:g} s") from None
        if body is EOF:
            return None
        visit.request_bytes += len(body)
        if len(body) > self._limits.message_bytes:
            details = {"got_bytes": str(len(body)), "limit_bytes": str(self._limits.message_bytes)}
            raise errors.TooLarge(f"the message has {len(body)} bytes", details)
        message: bytes = body
        return message

    async def _messages(self, visit: _Visit, caller: Caller) -> Messages:
        """The messages of a stream. Each after the first counts against the rate, and has the default time where the
        stream brought no deadline."""
        body = await self._message(visit, self._limits.body_timeout_s)
        while body is not None:
            yield caller, body
            body = await self._message(visit, self._limits.stream_idle_s, idle=True)
            now = time.monotonic()
            if body is not None and caller.principal is not ANYBODY:
                self._rate.admit(caller.principal, now)
            deadline = caller.deadline if visit.timeout_s is not None else now + self._limits.default_timeout_s
            caller = replace(caller, arrived=now, deadline=deadline)

    def ended(self, visit: _Visit, code: str) -> None:
        """Count, record and log one call that has ended with `code`."""
        now = time.monotonic()
        seconds = now - visit.arrived
        context = visit.trace.context
        trace_id = context.trace_id if context.sampled else None
        self._metrics.observe_call(visit.method, code, seconds, trace_id, visit.request_bytes, visit.response_bytes)
        if context.sampled or code != "OK":
            unix_ns = unix_clock()
            self._spans.ended(visit.trace, visit.method, code, unix_ns(visit.arrived), unix_ns(now))
        if code != "OK" or self._chance() < self._limits.access_log_ratio:
            access.info(
                "%s %s",
                visit.method,
                code,
                extra={"principal": visit.principal, "seconds": round(seconds, 6), "reason": visit.reason},
            )

    def rejected(self, reason: str) -> None:
        self._metrics.count_rejection(reason)

    def enter(self, traceparent: str, tracestate: str) -> tracing.CallTrace:
        self._metrics.call_started()
        return self._entrance.enter(traceparent, tracestate)


class _Visit:
    """One call from its first header to its status."""

    def __init__(self, edge: Edge, method: str, context: Any) -> None:
        self._edge = edge
        self.method = method
        self.context = context
        self.arrived = time.monotonic()
        self.metadata = context.invocation_metadata() or ()
        self.metadata_bytes = 0
        self.credential = False  # whether there is a header with one
        traceparent = tracestate = ""
        for key, value in self.metadata:
            self.metadata_bytes += len(key) + len(value) + 32  # as HTTP/2 counts
            if key == "traceparent":
                traceparent = str(value)
            elif key == "tracestate":
                tracestate = str(value)
            elif key == "authorization":
                self.credential = True
        self.trace = edge.enter(traceparent, tracestate)
        tracing.current.set(self.trace.context)
        self.principal = ""
        self.timeout_s: float | None = None  # the caller's own
        self.cut_off = False  # a stream that ends because the router does
        self.reason = ""
        self.request_bytes = 0
        self.response_bytes = 0

    def end(self, code: str) -> None:
        self._edge.ended(self, code)

    def given_up(self) -> None:
        """The caller waits no more: its deadline has passed, or it said so or went away."""
        late = self.timeout_s is not None and time.monotonic() >= self.arrived + self.timeout_s
        self.end("DEADLINE_EXCEEDED" if late else "CANCELLED")

    async def fail(self, error: Exception) -> None:
        """End the call with the error's status; raises gRPC's own AbortError."""
        error_id = uuid.uuid4().hex
        if status.known(error):
            self.reason = error.reason  # type: ignore[attr-defined]  # every error in the table has one
            self._edge.rejected(self.reason)
        else:
            self.reason = "INTERNAL"
            log.error("unknown error %s", error_id, exc_info=error, extra={"error_id": error_id})
        answer = status.status_of(error, error_id)
        self.end(status.grpc_code(answer).name)
        await status.abort(self.context, answer)
