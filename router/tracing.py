"""The trace of a call: begun or continued where the call enters, recorded as one server span when it has ended.

A call that is not sampled costs its ids and nothing else, unless it fails: a failed call is recorded afterwards, with
the ids, the beginning and the end that it had. Names and attributes are OpenTelemetry's for gRPC servers.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar

import msgspec

from cluster.tracing import Kind, Recorder, Span, parse_traceparent
from router.call import TraceContext

# What marks the log lines of a call. Every gRPC handler is a task with a context of its own, so nobody resets it.
current: ContextVar[TraceContext | None] = ContextVar("faraday_trace", default=None)

# The codes that OpenTelemetry's conventions count as the server's failure; the others are the client's.
SERVER_FAILURES = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})

# Failed calls recorded each second though not sampled: all, but of a flood, whose cost shedding is to save.
KEPT_FAILURES_PER_S = 50.0


class CallTrace(msgspec.Struct, frozen=True):
    """`context` names the router's own span, which everything below is a child of."""

    context: TraceContext
    parent_id: str  # the client's span; empty where the trace begins here


class Entrance:
    """Decides what is sampled: as the client's flag says, or, where none came, a `ratio` of all traces by their id.

    The same id is decided alike by every process and by OpenTelemetry's own TraceIdRatioBased sampler.
    """

    def __init__(self, ratio: float, random_bits: Callable[[int], int] = random.getrandbits) -> None:
        self._bound = round(ratio * _ID_SPACE)
        self._random_bits = random_bits

    def enter(self, traceparent: str = "", tracestate: str = "") -> CallTrace:
        """The trace of a call that brought these headers; a malformed traceparent counts as none."""
        bits = self._random_bits(192)
        span_id = f"{bits & _LOW_64 or 1:016x}"
        parent = parse_traceparent(traceparent) if traceparent else None
        if parent is None:
            trace_id = f"{bits >> 64 or 1:032x}"
            sampled = (bits >> 64) & _LOW_64 < self._bound
            return CallTrace(TraceContext(trace_id, span_id, sampled), "")
        state = tracestate if tracestate and _valid_state(tracestate) else ""
        return CallTrace(TraceContext(parent.trace_id, span_id, parent.sampled, state), parent.span_id)


class ServerSpans:
    """Records the server span of every call that is sampled or has failed.

    `clock` counts seconds and never goes back; `skipped` is how many failures went unrecorded for there being too many.
    """

    def __init__(
        self, recorder: Recorder, clock: Callable[[], float], kept_failures_per_s: float = KEPT_FAILURES_PER_S
    ) -> None:
        self._recorder = recorder
        self._clock = clock
        self._rate = self._allowance = kept_failures_per_s
        self._at = clock()
        self.skipped = 0

    def ended(
        self,
        trace: CallTrace,
        method: str,
        code: str,
        start_ns: int,
        end_ns: int,
        attributes: Mapping[str, str | bool | int | float] | None = None,
    ) -> None:
        """A call has ended with gRPC's `code`, by name. `method` is as in the request's path."""
        if not trace.context.sampled:
            if code == "OK":
                return
            if not self._allow():
                self.skipped += 1
                return
        self._recorder.record(server_span(trace, method, code, start_ns, end_ns, attributes))

    def _allow(self) -> bool:
        now = self._clock()
        self._allowance = min(self._rate, self._allowance + (now - self._at) * self._rate)
        self._at = now
        if self._allowance < 1.0:
            return False
        self._allowance -= 1.0
        return True


def server_span(
    trace: CallTrace,
    method: str,
    code: str,
    start_ns: int,
    end_ns: int,
    attributes: Mapping[str, str | bool | int | float] | None = None,
) -> Span:
    """The span of one call. Its status is an error where the server failed; a client's mistake sets none."""
    name = method.removeprefix("/")
    failed = code in SERVER_FAILURES
    described: dict[str, str | bool | int | float] = {
        "rpc.system.name": "grpc",
        "rpc.method": name,
        "rpc.response.status_code": code,
        "faraday.sampled": trace.context.sampled,  # false: kept for its failure, and nothing below it was recorded
        **(attributes or {}),
    }
    if failed:
        described["error.type"] = code
    at = trace.context
    error = code if failed else None
    return Span(
        name, at.trace_id, at.span_id, start_ns, end_ns, trace.parent_id, Kind.SERVER, described, error, at.state
    )


def _valid_state(tracestate: str) -> bool:
    """W3C: at most 512 characters and 32 members of the form key=value, no key twice. Else it is dropped."""
    if len(tracestate) > 512:
        return False
    members = [member for part in tracestate.split(",") if (member := part.strip(" \t"))]
    keys = [found[1] for member in members if (found := _MEMBER.fullmatch(member))]
    return 0 < len(members) <= 32 and len(keys) == len(members) == len(set(keys))


_LOW_64 = (1 << 64) - 1
_ID_SPACE = 1 << 64
_MEMBER = re.compile(
    r"([a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})"
    r"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
)
