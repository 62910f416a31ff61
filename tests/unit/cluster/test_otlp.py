"""The export: real OTLP over gRPC into a collector, with the ids, times and parents that the spans were given."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cluster.tracing import Kind, Span, TracingOptions, child, configure
from tests.support.otlp import Collector

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENT = "00f067aa0ba902b7"
ROUTER = "1" * 16
RUN = "2" * 16


def options(endpoint: str, **more: Path) -> TracingOptions:
    return TracingOptions("faraday-replica", "replica-7", "0.1.0", endpoint, **more)


def test_one_tree_arrives_though_its_spans_were_recorded_by_two_recorders_and_out_of_order() -> None:
    with Collector() as collector:
        replica = configure(options(collector.endpoint))
        router = configure(TracingOptions("faraday-router", "router-0", "0.1.0", collector.endpoint))
        below_router = f"00-{TRACE}-{ROUTER}-01"
        for span in (
            child(f"00-{TRACE}-{RUN}-01", "model", 40, 60),
            child(below_router, "queue", 20, 30),
            child(below_router, "run", 30, 70, attributes={"batch_size": 8, "warm": True, "s": 0.5}, span_id=RUN),
        ):
            assert span is not None
            replica.record(span)
        router.record(Span("Solve", TRACE, ROUTER, 10, 80, CLIENT, Kind.SERVER, state="vendor=1"))
        router.record(Span("client", TRACE, CLIENT, 5, 90, kind=Kind.CLIENT))
        replica.close(5.0)
        router.close(5.0)
        assert collector.tree(5) == {"client": {"Solve": {"queue": {}, "run": {"model": {}}}}}
        client, server, queue, run, _ = collector.spans(5)
    assert {span.trace_id for span in (client, server, queue, run)} == {TRACE}
    assert (client.span_id, client.parent_id, client.kind) == (CLIENT, "", "SPAN_KIND_CLIENT")
    assert (server.span_id, server.parent_id, server.kind) == (ROUTER, CLIENT, "SPAN_KIND_SERVER")
    assert (server.start_ns, server.end_ns, server.status) == (10, 80, "STATUS_CODE_UNSET")
    assert server.state == "vendor=1"
    assert run.attributes == {"batch_size": 8, "warm": True, "s": 0.5}
    assert run.resource["service.name"] == "faraday-replica"
    assert run.resource["service.instance.id"] == "replica-7"
    assert run.resource["service.version"] == "0.1.0"
    assert server.resource["service.name"] == "faraday-router"


def test_an_error_is_the_status_of_its_span() -> None:
    with Collector() as collector:
        recorder = configure(options(collector.endpoint))
        recorder.record(Span("run", TRACE, RUN, 1, 2, error="the replica died"))
        recorder.close(5.0)
        (span,) = collector.spans(1)
    assert span.status == "STATUS_CODE_ERROR"


def test_the_headers_of_a_file_come_with_every_export(tmp_path: Path) -> None:
    file = tmp_path / "headers"
    file.write_text("Authorization: Basic dXNlcjpwdw==\n\nx-scope: clinic\n")
    with Collector() as collector:
        recorder = configure(options(collector.endpoint, headers_file=file))
        recorder.record(Span("run", TRACE, RUN, 1, 2))
        recorder.close(5.0)
        collector.spans(1)
        assert collector.headers[0]["authorization"] == "Basic dXNlcjpwdw=="
        assert collector.headers[0]["x-scope"] == "clinic"


def test_a_line_that_is_no_header_is_refused_without_being_shown(tmp_path: Path) -> None:
    file = tmp_path / "headers"
    file.write_text("x-scope: clinic\nsecret-without-a-name\n")
    with pytest.raises(ValueError, match="header 2 in") as caught:
        configure(options("http://127.0.0.1:1", headers_file=file))
    assert "secret" not in str(caught.value)


def test_the_environment_of_opentelemetry_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "from=elsewhere")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "elsewhere")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    with Collector() as collector:
        recorder = configure(options(collector.endpoint))
        recorder.record(Span("run", TRACE, RUN, 1, 2))
        recorder.close(5.0)
        (span,) = collector.spans(1)
    assert span.resource["service.name"] == "faraday-replica"
    assert "from" not in span.resource


def test_a_collector_that_is_down_holds_nobody_up() -> None:
    recorder = configure(options("http://127.0.0.1:1"))
    began = time.monotonic()
    for _ in range(100):
        recorder.record(Span("run", TRACE, RUN, 1, 2))
    assert time.monotonic() - began < 1.0  # 100 spans take 5 ms
    recorder.close(0.2)
    assert time.monotonic() - began < 2.0
