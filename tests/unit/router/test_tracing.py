"""The entrance and the exit of a call: what is sampled, what is kept for its failure, and what the span then says."""

from __future__ import annotations

import asyncio
import random

import pytest
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased
from opentelemetry.semconv._incubating.attributes import rpc_attributes
from opentelemetry.semconv.attributes import error_attributes

from cluster.tracing import Kind, Span, TracingOptions, configure
from router.call import TraceContext
from router.tracing import SERVER_FAILURES, CallTrace, Entrance, ServerSpans, current, server_span
from tests.support.otlp import Collector

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENT = "00f067aa0ba902b7"
SOLVE = "/faraday.v1.FiniteElementService/Solve"


class Kept:
    """A recorder that keeps its spans."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def record(self, span: Span) -> None:
        self.spans.append(span)

    def close(self, timeout_s: float) -> None: ...


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def unsampled(parent: str = "") -> CallTrace:
    return CallTrace(TraceContext(TRACE, "1" * 16, sampled=False), parent)


def test_a_trace_that_begins_here_has_new_ids_and_no_parent() -> None:
    entrance = Entrance(1.0)
    traces = [entrance.enter() for _ in range(100)]
    assert len({trace.context.trace_id for trace in traces}) == 100
    assert {(len(trace.context.trace_id), len(trace.context.span_id)) for trace in traces} == {(32, 16)}
    assert all(trace.context.sampled and not trace.parent_id for trace in traces)


def test_ids_are_never_zero() -> None:
    trace = Entrance(0.0, random_bits=lambda _: 0).enter()
    assert trace.context == TraceContext("0" * 31 + "1", "0" * 15 + "1", sampled=False)


@pytest.mark.parametrize("ratio", [0.0, 0.01, 0.5, 1.0])
def test_the_ratio_decides_as_opentelemetrys_own_sampler_does(ratio: float) -> None:
    entrance = Entrance(ratio, random.Random(7).getrandbits)
    sampler = TraceIdRatioBased(ratio)
    for _ in range(1000):
        context = entrance.enter().context
        theirs = sampler.should_sample(None, int(context.trace_id, 16), "call").decision
        assert context.sampled is (theirs is Decision.RECORD_AND_SAMPLE)


@pytest.mark.parametrize("ratio", [0.0, 1.0])
@pytest.mark.parametrize("sampled", [True, False])
def test_the_clients_flag_is_followed_whatever_the_ratio(ratio: float, sampled: bool) -> None:
    trace = Entrance(ratio).enter(f"00-{TRACE}-{CLIENT}-{'01' if sampled else '00'}", "vendor=1")
    assert trace.context.trace_id == TRACE
    assert trace.parent_id == CLIENT
    assert trace.context.span_id != CLIENT
    assert trace.context.sampled is sampled
    assert trace.context.state == "vendor=1"


def test_a_malformed_traceparent_begins_a_new_trace_and_its_state_goes_with_it() -> None:
    trace = Entrance(1.0).enter(f"00-{TRACE.upper()}-{CLIENT}-01", "vendor=1")
    assert trace.context.trace_id.lower() != TRACE
    assert (trace.parent_id, trace.context.state) == ("", "")


@pytest.mark.parametrize("state", ["a=1", "a=1,b=2", "a=1, ,b=2", "tenant@vendor=x y", "0a@b=1", "a=" + "x" * 256])
def test_a_well_formed_tracestate_is_kept(state: str) -> None:
    assert Entrance(0.0).enter(f"00-{TRACE}-{CLIENT}-01", state).context.state == state


@pytest.mark.parametrize(
    "state",
    [
        *("a", "A=1", "a=1,a=2", "a==", "a=é", "a=", " ", "a=" + "x" * 257),
        ",".join(f"k{i}=1" for i in range(33)),
        ",".join(f"k{i}=" + "x" * 200 for i in range(3)),
    ],
)
def test_a_malformed_tracestate_is_dropped_and_the_trace_is_not(state: str) -> None:
    trace = Entrance(0.0).enter(f"00-{TRACE}-{CLIENT}-01", state)
    assert (trace.context.trace_id, trace.context.state) == (TRACE, "")


def test_a_sampled_call_is_recorded_as_a_server_span_by_the_conventions() -> None:
    recorder = Kept()
    trace = CallTrace(TraceContext(TRACE, "1" * 16, sampled=True, state="v=1"), CLIENT)
    ServerSpans(recorder, Clock()).ended(trace, SOLVE, "OK", 10, 20, {"faraday.model": "fem.diffusion"})
    (span,) = recorder.spans
    assert (span.name, span.kind) == ("faraday.v1.FiniteElementService/Solve", Kind.SERVER)
    assert (span.trace_id, span.span_id, span.parent_id, span.state) == (TRACE, "1" * 16, CLIENT, "v=1")
    assert (span.start_ns, span.end_ns, span.error) == (10, 20, None)
    assert span.attributes == {
        rpc_attributes.RPC_SYSTEM_NAME: "grpc",
        rpc_attributes.RPC_METHOD: "faraday.v1.FiniteElementService/Solve",
        rpc_attributes.RPC_RESPONSE_STATUS_CODE: "OK",
        "faraday.sampled": True,
        "faraday.model": "fem.diffusion",
    }


def test_an_unsampled_call_that_went_well_never_reaches_the_recorder() -> None:
    recorder = Kept()
    ServerSpans(recorder, Clock()).ended(unsampled(), SOLVE, "OK", 1, 2)
    assert recorder.spans == []


@pytest.mark.parametrize("code", sorted(SERVER_FAILURES))
def test_a_failure_of_the_server_is_kept_with_the_status_of_an_error(code: str) -> None:
    recorder = Kept()
    ServerSpans(recorder, Clock()).ended(unsampled(), SOLVE, code, 1, 2)
    (span,) = recorder.spans
    assert span.error == code
    assert span.attributes is not None
    assert span.attributes[error_attributes.ERROR_TYPE] == code
    assert span.attributes["faraday.sampled"] is False


@pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "UNAUTHENTICATED", "NOT_FOUND", "RESOURCE_EXHAUSTED"])
def test_a_mistake_of_the_client_is_kept_without_the_status_of_an_error(code: str) -> None:
    span = server_span(unsampled(), SOLVE, code, 1, 2)
    assert span.error is None
    assert span.attributes is not None
    assert "error.type" not in span.attributes
    recorder = Kept()
    ServerSpans(recorder, Clock()).ended(unsampled(), SOLVE, code, 1, 2)
    assert recorder.spans == [span]


def test_a_flood_of_failures_is_kept_in_part_and_the_rest_counted() -> None:
    recorder, clock = Kept(), Clock()
    spans = ServerSpans(recorder, clock, kept_failures_per_s=10)
    for _ in range(1000):
        spans.ended(unsampled(), SOLVE, "UNAVAILABLE", 1, 2)
    assert (len(recorder.spans), spans.skipped) == (10, 990)
    clock.now = 0.5
    for _ in range(1000):
        spans.ended(unsampled(), SOLVE, "UNAVAILABLE", 1, 2)
    assert len(recorder.spans) == 15


def test_a_failed_unsampled_call_arrives_at_the_collector_as_a_root_with_its_own_ids_and_times() -> None:
    with Collector() as collector:
        recorder = configure(TracingOptions("faraday-router", "router-0", otlp_endpoint=collector.endpoint))
        trace = Entrance(0.0).enter()
        ServerSpans(recorder, Clock()).ended(trace, SOLVE, "INTERNAL", 1_000, 2_000)
        recorder.close(5.0)
        (span,) = collector.spans(1)
    assert (span.trace_id, span.span_id, span.parent_id) == (trace.context.trace_id, trace.context.span_id, "")
    assert (span.start_ns, span.end_ns, span.status) == (1_000, 2_000, "STATUS_CODE_ERROR")
    assert span.kind == "SPAN_KIND_SERVER"


async def test_the_current_trace_is_that_of_its_own_task() -> None:
    async def call(context: TraceContext) -> TraceContext | None:
        current.set(context)
        await asyncio.sleep(0)
        return current.get()

    contexts = [Entrance(0.0).enter().context for _ in range(5)]
    assert await asyncio.gather(*(call(context) for context in contexts)) == contexts
    assert current.get() is None
