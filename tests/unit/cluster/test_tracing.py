"""Spans: W3C headers read strictly, and what is recorded reaches a real collector as one tree."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cluster.tracing import (
    Span,
    Traceparent,
    TracingOptions,
    child,
    configure,
    format_traceparent,
    new_span_id,
    parse_traceparent,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
HEADER = f"00-{TRACE}-{SPAN}-01"


def test_a_traceparent_is_read_and_written_alike() -> None:
    parent = parse_traceparent(HEADER)
    assert parent == Traceparent(TRACE, SPAN, sampled=True)
    assert format_traceparent(parent) == HEADER


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("03", True), ("ff", True)])
def test_only_the_lowest_flag_means_sampled(flags: str, sampled: bool) -> None:
    parent = parse_traceparent(f"00-{TRACE}-{SPAN}-{flags}")
    assert parent is not None
    assert parent.sampled is sampled


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        f"ff-{TRACE}-{SPAN}-01",
        f"0-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN.upper()}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01\n",
        f" {HEADER}",
        f"01-{TRACE}-{SPAN}-01more",
        f"{HEADER},{HEADER}",
    ],
)
def test_a_malformed_traceparent_is_none(header: str) -> None:
    assert parse_traceparent(header) is None


def test_a_later_version_is_read_as_far_as_this_one_goes() -> None:
    assert parse_traceparent(f"cc-{TRACE}-{SPAN}-01-what-the-future-holds") == Traceparent(TRACE, SPAN, True)
    assert parse_traceparent(f"cc-{TRACE}-{SPAN}-01") == Traceparent(TRACE, SPAN, True)


def test_a_child_is_a_span_of_the_trace_below_the_parent() -> None:
    span = child(HEADER, "run", 1, 2, attributes={"batch": 8}, error="lost", span_id="b" * 16)
    assert span == Span("run", TRACE, "b" * 16, 1, 2, SPAN, attributes={"batch": 8}, error="lost")


@pytest.mark.parametrize("header", ["", "nonsense", f"00-{TRACE}-{SPAN}-00"])
def test_there_is_no_child_of_what_is_not_sampled(header: str) -> None:
    assert child(header, "run", 1, 2) is None


def test_span_ids_are_16_digits_and_differ() -> None:
    ids = {new_span_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(one) for one in ids} == {16}


def test_without_an_endpoint_nothing_is_recorded_and_the_sdk_stays_out_of_the_process() -> None:
    program = """
import sys
from cluster.tracing import Span, TracingOptions, configure
recorder = configure(TracingOptions("faraday-replica", "1"))
recorder.record(Span("run", "a" * 32, "b" * 16, 1, 2))
recorder.close(1.0)
assert not any(name.startswith("opentelemetry") for name in sys.modules), sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


def test_configure_gives_a_recorder_that_forgets() -> None:
    recorder = configure(TracingOptions("faraday-replica", "1"))
    recorder.record(Span("run", TRACE, SPAN, 1, 2))
    recorder.close(0.0)
