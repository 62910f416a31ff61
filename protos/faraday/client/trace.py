"""The W3C trace context of a call: the caller's own, or that of a client span where OpenTelemetry is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

propagation: Any = None
telemetry: Any = None
try:  # optional: whoever traces has it already
    from opentelemetry import trace as telemetry
    from opentelemetry.trace.propagation import tracecontext as propagation
except ModuleNotFoundError:
    pass

Headers = tuple[tuple[str, str], ...]


@contextmanager
def traced(service: str, method: str, traceparent: str | None) -> Iterator[Headers]:
    """The headers `traceparent` and `tracestate` of one call; without a context, none."""
    if traceparent is not None:
        yield (("traceparent", traceparent),)
    elif telemetry is None:
        yield ()
    else:
        attributes = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}
        tracer = telemetry.get_tracer("faraday.client")
        with tracer.start_as_current_span(f"{service}/{method}", kind=telemetry.SpanKind.CLIENT, attributes=attributes):
            headers: dict[str, str] = {}
            propagation.TraceContextTextMapPropagator().inject(headers)
            yield tuple(headers.items())
