"""One whole trace of a request, from the client's span to the model's run, received as real OTLP."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from itertools import pairwise

import pytest

from faraday.client import Client, InvalidRequest, unit_square
from tests.support.eventually import eventually
from tests.support.installation import Installation
from tests.support.otlp import Collector, Received

pytestmark = pytest.mark.cluster

METHOD = "faraday.v1.FiniteElementService/Solve"

# A client whose application has set OpenTelemetry up; in a process of its own, since the SDK's provider is a global.
TRACED_CLIENT = """
import os
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from faraday.client import Client, unit_square

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(os.environ["COLLECTOR"], insecure=True)))
trace.set_tracer_provider(provider)
with Client.local() as client, trace.get_tracer("application").start_as_current_span("application"):
    print(client.fem.solve(unit_square(3), source=1.0, dirichlet=0.0).evidence.trace_id)
provider.shutdown()
"""


def traced(collector: Collector, trace_id: str, count: int) -> list[Received]:
    """The spans of one trace in order of their beginning, once there are `count`; others' spans come here too."""

    def found() -> list[Received]:
        return [span for span in collector.spans(0) if span.trace_id == trace_id]

    # OpenTelemetry's batch processor exports every 5 s.
    eventually(lambda: len(found()) >= count, 15.0, lambda: f"only {[span.name for span in found()]}")
    return found()


def traceparent(sampled: bool) -> tuple[str, str]:
    """A header of a client's, and the id of its trace."""
    trace_id = uuid.uuid4().hex
    return f"00-{trace_id}-{os.urandom(8).hex()}-{'01' if sampled else '00'}", trace_id


def test_a_sampled_request_is_one_tree_from_the_application_to_the_model(
    faraday: Installation, collector: Collector
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRACED_CLIENT],
        env={**faraday.environment, "COLLECTOR": collector.endpoint},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    spans = traced(collector, done.stdout.strip(), 5)
    assert [(span.name, span.kind.removeprefix("SPAN_KIND_")) for span in spans] == [
        ("application", "INTERNAL"),
        (METHOD, "CLIENT"),
        (METHOD, "SERVER"),
        ("infer fem.diffusion", "SERVER"),
        ("run fem.diffusion", "INTERNAL"),
    ]
    assert [span.parent_id for span in spans] == ["", *(span.span_id for span in spans[:-1])], (
        "each below the one above"
    )
    for above, below in pairwise(spans):
        assert above.start_ns <= below.start_ns <= below.end_ns <= above.end_ns, (above.name, below.name)
    assert {span.status for span in spans} == {"STATUS_CODE_UNSET"}


def test_every_span_says_which_process_it_is_of(client: Client, collector: Collector) -> None:
    header, trace_id = traceparent(sampled=True)
    client.fem.solve(unit_square(3), source=1.0, dirichlet=0.0, traceparent=header)
    router, replica, run = traced(collector, trace_id, 3)
    assert router.parent_id == header.split("-")[2]
    assert router.resource["service.name"] == "faraday-router"
    assert replica.resource["service.name"] == run.resource["service.name"] == "faraday-replica"
    assert replica.resource["service.instance.id"] != router.resource["service.instance.id"]
    assert router.attributes["rpc.method"] == METHOD
    assert router.attributes["rpc.response.status_code"] == "OK"
    assert (run.attributes["faraday.model"], run.attributes["faraday.batch_size"]) == ("fem.diffusion", 1)


def test_an_unsampled_request_leaves_no_span_but_the_same_trace_id_in_its_evidence(
    client: Client, collector: Collector
) -> None:
    unsampled, quiet = traceparent(sampled=False)
    evidence = client.fem.solve(unit_square(3), source=1.0, dirichlet=0.0, traceparent=unsampled).evidence
    assert evidence.trace_id == quiet
    # A sampled request after it has arrived here, so that the first one's spans would have, too.
    sampled, loud = traceparent(sampled=True)
    client.fem.solve(unit_square(3), source=1.0, dirichlet=0.0, traceparent=sampled)
    traced(collector, loud, 3)
    assert traced(collector, quiet, 0) == []


def test_an_unsampled_call_that_fails_is_recorded_all_the_same(client: Client, collector: Collector) -> None:
    header, trace_id = traceparent(sampled=False)
    with pytest.raises(InvalidRequest):
        client.fem.solve(unit_square(3), conductivity=-1.0, dirichlet=0.0, traceparent=header)
    (span,) = traced(collector, trace_id, 1)
    assert span.attributes["rpc.response.status_code"] == "INVALID_ARGUMENT"
    assert span.attributes["faraday.sampled"] is False
    assert span.parent_id == header.split("-")[2]
