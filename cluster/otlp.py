"""Ended spans, exported over OTLP/gRPC by the OpenTelemetry SDK. Heavy: imported only where tracing has an endpoint."""

from __future__ import annotations

import os
import socket
import threading

from grpc import Compression
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from cluster.tracing import Span, TracingOptions

# A collector that is down costs a process at most this many spans, which then push out older ones.
_QUEUE_SPANS = 2048
_BATCH_SPANS = 512
_EXPORT_EVERY_S = 1.0
_EXPORT_TIMEOUT_S = 5.0
_SAMPLED = trace.TraceFlags(trace.TraceFlags.SAMPLED)


def exporter_to(options: TracingOptions) -> SpanExporter:
    """OTLP over gRPC, encrypted where the endpoint begins with https."""
    endpoint = options.otlp_endpoint or ""
    headers = _headers(options)
    plain = not endpoint.startswith("https://")
    # All is given, so that the exporter does not look into the environment; it still does for headers, without any.
    return OTLPSpanExporter(endpoint, plain, None, headers, _EXPORT_TIMEOUT_S, Compression.NoCompression)


class Exported:
    """Exports spans in batches from a thread of its own; drops the oldest when the collector does not keep up."""

    def __init__(self, options: TracingOptions, exporter: SpanExporter) -> None:
        self._lock = threading.Lock()
        self._ids = _GivenIds()
        # Not Resource.create, which reads the environment. No sampler: that decision fell where the call entered.
        resource = Resource(_attributes(options))
        self._provider = TracerProvider(ALWAYS_ON, resource, shutdown_on_exit=False, id_generator=self._ids)
        batches = BatchSpanProcessor(
            exporter, _QUEUE_SPANS, _EXPORT_EVERY_S * 1000, _BATCH_SPANS, _EXPORT_TIMEOUT_S * 1000
        )
        self._provider.add_span_processor(batches)
        self._tracer = self._provider.get_tracer("faraday", options.service_version or None)

    def record(self, span: Span) -> None:
        with self._lock:
            self._ids.span = span
            recording = self._tracer.start_span(
                span.name, _parent(span), trace.SpanKind[span.kind.name], span.attributes, start_time=span.start_ns
            )
        if span.error is not None:
            recording.set_status(trace.StatusCode.ERROR, span.error)
        recording.end(span.end_ns)

    def close(self, timeout_s: float) -> None:
        """The SDK's shutdown waits for one batch after another, so it runs in a thread that may be left behind."""
        shutdown = threading.Thread(target=self._provider.shutdown, name="tracing-shutdown", daemon=True)
        shutdown.start()
        shutdown.join(timeout_s)


class _GivenIds(IdGenerator):
    """The ids of the span that is being recorded: they were made, and told to others, before it was."""

    span: Span

    def generate_trace_id(self) -> int:
        return int(self.span.trace_id, 16)

    def generate_span_id(self) -> int:
        return int(self.span.span_id, 16)


def _parent(span: Span) -> Context:
    """A context of its own, never the current one; without a span in it, what is recorded is a root."""
    if not span.parent_id:
        return Context()
    state = trace.TraceState.from_header([span.state]) if span.state else None
    context = trace.SpanContext(int(span.trace_id, 16), int(span.parent_id, 16), True, _SAMPLED, state)
    return trace.set_span_in_context(trace.NonRecordingSpan(context), Context())


def _attributes(options: TracingOptions) -> dict[str, str | int]:
    """The resource, by OpenTelemetry's semantic conventions."""
    attributes: dict[str, str | int] = {
        "service.namespace": "faraday",
        "service.name": options.service_name,
        "service.instance.id": options.instance_id,
        "host.name": socket.gethostname(),
        "process.pid": os.getpid(),
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
    }
    if options.service_version:
        attributes["service.version"] = options.service_version
    return attributes


def _headers(options: TracingOptions) -> tuple[tuple[str, str], ...]:
    """The lines of the headers file, names in lower case as gRPC wants them."""
    if options.headers_file is None:
        return ()
    lines = [line for line in options.headers_file.read_text().splitlines() if line.strip()]
    headers = tuple((name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    for number, (name, value) in enumerate(headers, 1):
        if not name or not value:  # the line itself is a secret
            raise ValueError(f"header {number} in {options.headers_file} is not of the form 'name: value'")
    return headers
