"""Where a gRPC call enters and leaves: trace, limits, identity and the message on the way in, the status on the way out.

Unary methods are served as stream-unary, so that we and not gRPC read the message: a body that stops half-way ends with a
typed error after `body_timeout_s` instead of holding its call for ever.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import grpc
from grpc.aio import EOF

from router import errors, status, tracing
from router.auth import Authenticator
from router.call import Caller, Principal
from router.metrics import RouterMetrics
from router.peers import address_of
from router.rate import RateLimiter
from router.rpcs import Rpc, Stream, Unary
from router.tls import peer_identity

log = logging.getLogger(__name__)
access = logging.getLogger("faraday.access")

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

    def handler(self, rpc: Rpc) -> grpc.RpcMethodHandler:
        """gRPC's handler of one method; messages stay bytes."""
        if isinstance(rpc, Unary):

            async def unary(requests: Any, context: Any) -> bytes:
                return await self._unary(rpc, context)

            return grpc.stream_unary_rpc_method_handler(unary)

        async def stream(requests: Any, context: Any) -> AsyncIterator[bytes]:
            async for reply in self._stream(rpc, context):
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
            visit.end("CANCELLED")
            raise
        except Exception as error:  # noqa: BLE001 the one broad except: whatever it is becomes a status
            await visit.fail(error)
        visit.response_bytes += len(reply)
        visit.end("OK")
        return reply

    async def _stream(self, rpc: Stream, context: Any) -> AsyncIterator[bytes]:
        visit = _Visit(self, rpc.method, context)
        try:
            caller = self._caller(rpc, visit)
            async for reply in rpc.answer(caller, self._messages(visit, caller)):
                visit.response_bytes += len(reply)
                yield reply
        except (asyncio.CancelledError, GeneratorExit):
            visit.end("CANCELLED")
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
        if timeout <= 0:
            raise errors.DeadlinePassed("the deadline has passed already")
        principal = ANYBODY if rpc.role is None else self._identify(rpc, visit)
        return Caller(rpc.method, principal, visit.arrived + timeout, visit.trace.context, visit.arrived)

    def _identify(self, rpc: Rpc, visit: _Visit) -> Principal:
        try:
            certificate = peer_identity(visit.context.auth_context())
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

    async def _message(self, visit: _Visit, timeout_s: float) -> bytes | None:
        """The next message; None after the last one."""
        try:
            async with asyncio.timeout(timeout_s):
                body = await visit.context.read()
        except TimeoutError:
            raise errors.BodyTimeout(f"the message did not arrive within {timeout_s:g} s") from None
        if body is EOF:
            return None
        visit.request_bytes += len(body)
        if len(body) > self._limits.message_bytes:
            details = {"got_bytes": str(len(body)), "limit_bytes": str(self._limits.message_bytes)}
            raise errors.TooLarge(f"the message has {len(body)} bytes", details)
        message: bytes = body
        return message

    async def _messages(self, visit: _Visit, caller: Caller) -> AsyncIterator[bytes]:
        """The messages of a stream; each after the first counts against the rate."""
        timeout_s = self._limits.body_timeout_s
        while (body := await self._message(visit, timeout_s)) is not None:
            if timeout_s != self._limits.body_timeout_s and caller.principal is not ANYBODY:
                self._rate.admit(caller.principal, time.monotonic())
            timeout_s = self._limits.stream_idle_s
            yield body

    def ended(self, visit: _Visit, code: str) -> None:
        """Count, record and log one call that has ended with `code`."""
        seconds = time.monotonic() - visit.arrived
        context = visit.trace.context
        trace_id = context.trace_id if context.sampled else None
        self._metrics.observe_call(visit.method, code, seconds, trace_id, visit.request_bytes, visit.response_bytes)
        if context.sampled or code != "OK":
            end_ns = time.time_ns()
            self._spans.ended(visit.trace, visit.method, code, end_ns - int(seconds * 1e9), end_ns)
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
        self.metadata_bytes = sum(len(key) + len(value) + 32 for key, value in self.metadata)  # as HTTP/2 counts
        found = {key: value for key, value in self.metadata if key in ("traceparent", "tracestate")}
        self.trace = edge.enter(str(found.get("traceparent", "")), str(found.get("tracestate", "")))
        tracing.current.set(self.trace.context)
        self.principal = ""
        self.reason = ""
        self.request_bytes = 0
        self.response_bytes = 0

    def end(self, code: str) -> None:
        self._edge.ended(self, code)

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
