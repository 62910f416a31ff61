"""Spans, for router workers and replicas alike: a span is a value, recorded when it has ended.

Ids are made before a span is recorded, so a child may be recorded first, in another process: the id of its parent came
with the request, as a W3C traceparent. Whether a trace is sampled is decided where the call enters, by
`router.tracing`; what is recorded here is exported, by `cluster.otlp`.
"""

from __future__ import annotations

import enum
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

Attributes = Mapping[str, str | bool | int | float]


@dataclass(frozen=True)
class TracingOptions:
    """Who records spans and where they go. Nothing is recorded, and no SDK imported, without an endpoint."""

    service_name: str  # "faraday-router"
    instance_id: str  # unique among all processes of that service
    service_version: str = ""
    otlp_endpoint: str | None = None  # "http://collector:4317" in the clear, "https://…" over TLS
    headers_file: Path | None = None  # one "name: value" per line, sent with every export: the collector's credential


@dataclass(frozen=True)
class Traceparent:
    """Which span of which trace comes before: ids in lower-case hexadecimal."""

    trace_id: str  # 32 digits
    span_id: str  # 16 digits
    sampled: bool


class Kind(enum.Enum):
    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"


@dataclass(frozen=True)
class Span:
    """What was done, by whom it was asked for, from when to when (nanoseconds since 1970)."""

    name: str
    trace_id: str
    span_id: str
    start_ns: int
    end_ns: int
    parent_id: str = ""  # empty where the trace begins here
    kind: Kind = Kind.INTERNAL
    attributes: Attributes | None = None
    error: str | None = None  # what failed; None sets no status
    state: str = ""  # the W3C tracestate that came along


class Recorder(Protocol):
    """Where ended spans go."""

    def record(self, span: Span) -> None: ...

    def close(self, timeout_s: float) -> None:
        """Export what is left, for at most so long."""
        ...


def configure(options: TracingOptions, exporter: SpanExporter | None = None) -> Recorder:
    """The recorder of this process; no global is touched. `exporter` stands in for OTLP.

    Raises OSError where the headers file cannot be read and ValueError where a line of it is no header.
    """
    if exporter is None and options.otlp_endpoint is None:
        return Unrecorded()
    from cluster.otlp import Exported, exporter_to  # 10 MiB and 0.1 s that a process without tracing need not pay

    return Exported(options, exporter or exporter_to(options))


class Unrecorded:
    """Forgets every span."""

    def record(self, span: Span) -> None:
        pass

    def close(self, timeout_s: float) -> None:
        pass


def child(
    traceparent: str,
    name: str,
    start_ns: int,
    end_ns: int,
    *,
    kind: Kind = Kind.INTERNAL,
    attributes: Attributes | None = None,
    error: str | None = None,
    state: str = "",
    span_id: str = "",
) -> Span | None:
    """A span below the one that `traceparent` names; None where that is empty, malformed or not sampled.

    `span_id` is given where the span has children of its own already.
    """
    parent = parse_traceparent(traceparent)
    if parent is None or not parent.sampled:
        return None
    own = span_id or new_span_id()
    return Span(name, parent.trace_id, own, start_ns, end_ns, parent.span_id, kind, attributes, error, state)


def unix_clock() -> Callable[[float], int]:
    """Monotonic seconds to nanoseconds since 1970, by both clocks as they are now.

    Made when a span ends, since the wall clock may be set in between. Who reads two clocks may be interrupted between
    them; of three readings the quickest counts, else a child could seem to begin before its parent.
    """
    readings = []
    for _ in range(3):
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        readings.append((after - before, wall - (before + after) // 2))
    _, offset = min(readings)
    return lambda monotonic_s: offset + int(monotonic_s * 1e9)


def new_span_id() -> str:
    return f"{random.getrandbits(64) or 1:016x}"


def format_traceparent(parent: Traceparent) -> str:
    return f"00-{parent.trace_id}-{parent.span_id}-{'01' if parent.sampled else '00'}"


def parse_traceparent(header: str) -> Traceparent | None:
    """W3C Trace Context, level 2: None for anything malformed, and the trace then begins anew.

    A later version is read as far as version 00 goes; version ff, upper-case digits and ids of zeros are malformed.
    """
    found = _TRACEPARENT.fullmatch(header)
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    if version == "ff" or (version == "00" and rest) or not trace_id.strip("0") or not span_id.strip("0"):
        return None
    return Traceparent(trace_id, span_id, bool(int(flags, 16) & 1))


_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
