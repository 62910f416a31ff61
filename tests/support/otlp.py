"""A collector in the test's own process: receives real OTLP over gRPC and keeps the spans."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as messages
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as service
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue


@dataclass(frozen=True)
class Received:
    """One span as it came: ids in hexadecimal, `resource` are the attributes of the process that sent it."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: str  # "SPAN_KIND_SERVER"
    start_ns: int
    end_ns: int
    status: str  # "STATUS_CODE_ERROR"
    state: str
    attributes: dict[str, Any]
    resource: dict[str, Any]


class Collector(service.TraceServiceServicer):
    """`with Collector() as collector:` listens at `collector.endpoint` until the block ends."""

    def __init__(self) -> None:
        self._spans: list[Received] = []
        self._arrived = threading.Condition()
        self.headers: list[dict[str, str]] = []
        self._server = grpc.server(ThreadPoolExecutor(max_workers=2))
        service.add_TraceServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        self.endpoint = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> Collector:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop(grace=None).wait()

    def Export(self, request: messages.ExportTraceServiceRequest, context: Any) -> messages.ExportTraceServiceResponse:
        with self._arrived:
            self.headers.append({key: str(value) for key, value in context.invocation_metadata()})
            self._spans += _received(request)
            self._arrived.notify_all()
        return messages.ExportTraceServiceResponse()

    def spans(self, count: int, timeout_s: float = 10.0) -> list[Received]:
        """All spans so far, once there are `count`, in order of their beginning."""
        until = time.monotonic() + timeout_s
        with self._arrived:
            while len(self._spans) < count:
                if not self._arrived.wait(until - time.monotonic()):
                    raise TimeoutError(f"{len(self._spans)} of {count} spans: {[span.name for span in self._spans]}")
            return sorted(self._spans, key=lambda span: span.start_ns)

    def tree(self, count: int, timeout_s: float = 10.0) -> dict[str, Any]:
        """The same spans by name, each below its parent: {"client": {"router": {"queue": {}, "run": {}}}}."""
        spans = self.spans(count, timeout_s)
        known = {span.span_id for span in spans}

        def below(parent: str) -> dict[str, Any]:
            return {span.name: below(span.span_id) for span in spans if span.parent_id == parent}

        roots = [span for span in spans if span.parent_id not in known]
        return {span.name: below(span.span_id) for span in roots}


def _received(request: messages.ExportTraceServiceRequest) -> list[Received]:
    return [
        Received(
            name=span.name,
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            kind=span.SpanKind.Name(span.kind),
            start_ns=span.start_time_unix_nano,
            end_ns=span.end_time_unix_nano,
            status=span.status.StatusCode.Name(span.status.code),
            state=span.trace_state,
            attributes=_values(span.attributes),
            resource=_values(process.resource.attributes),
        )
        for process in request.resource_spans
        for scope in process.scope_spans
        for span in scope.spans
    ]


def _values(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs if isinstance(pair, KeyValue)}


def _value(value: AnyValue) -> Any:
    field = value.WhichOneof("value")
    return None if field is None else getattr(value, field)
