"""What an operator's tools read: one /metrics for the whole installation, and logs in which each line is JSON."""

from __future__ import annotations

import json
import os
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from faraday.client import Client, InvalidRequest, Unauthenticated, unit_square
from tests.support.eventually import eventually
from tests.support.installation import Installation

pytestmark = pytest.mark.cluster

METHOD = "faraday.v1.FiniteElementService/Solve"


def scrape(faraday: Installation) -> list[Sample]:
    request = urllib.request.Request(
        faraday.status()["metrics"], headers={"Accept": "application/openmetrics-text; version=1.0.0"}
    )
    with urllib.request.urlopen(request, timeout=10) as page:
        assert page.headers["Content-Type"].startswith("application/openmetrics-text")
        text = page.read().decode()
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def calls(faraday: Installation, **labels: str) -> dict[str, float]:
    """Calls so far, by worker."""
    wanted = {"rpc_method": METHOD, **labels}.items()
    return {
        sample.labels["worker"]: sample.value
        for sample in scrape(faraday)
        if sample.name == "rpc_server_call_duration_seconds_count" and wanted <= sample.labels.items()
    }


@contextmanager
def clients(faraday: Installation, count: int) -> Iterator[list[Client]]:
    """Each has a connection of its own, so that they spread over the workers."""
    made = [faraday.client() for _ in range(count)]
    try:
        yield made
    finally:
        for client in made:
            client.close()


def test_every_call_is_counted_by_the_worker_that_answered_it(faraday: Installation) -> None:
    before = calls(faraday, rpc_response_status_code="OK")
    with clients(faraday, 16) as several:
        for client in several:
            client.fem.solve(unit_square(2), source=1.0, dirichlet=0.0)
    after = calls(faraday, rpc_response_status_code="OK")
    assert set(after) == {"0", "1"}
    assert sum(after.values()) - sum(before.values()) == 16
    assert all(after[worker] > before.get(worker, 0.0) for worker in after), "one worker got all of them"


def test_a_sampled_call_is_an_exemplar_with_its_trace_id(faraday: Installation, client: Client) -> None:
    trace_id = uuid.uuid4().hex
    header = f"00-{trace_id}-{os.urandom(8).hex()}-01"
    client.fem.solve(unit_square(2), source=1.0, dirichlet=0.0, traceparent=header)
    exemplars = [sample.exemplar for sample in scrape(faraday) if sample.exemplar]
    (found,) = [exemplar for exemplar in exemplars if exemplar.labels == {"trace_id": trace_id}]
    assert 0.0 < found.value < 10.0


def test_refusals_are_counted_by_their_reason(faraday: Installation, client: Client) -> None:
    def refused() -> float:
        return sum(
            sample.value
            for sample in scrape(faraday)
            if sample.name == "faraday_router_rejections_total" and sample.labels["reason"] == "NOT_POSITIVE"
        )

    before = refused()
    with pytest.raises(InvalidRequest):
        client.fem.solve(unit_square(2), conductivity=-1.0, dirichlet=0.0)
    assert refused() == before + 1.0


def test_the_page_says_how_the_installation_is(faraday: Installation) -> None:
    samples = {(sample.name, sample.labels.get("worker", "")): sample.value for sample in scrape(faraday)}
    assert samples["faraday_worker_up", "0"] == samples["faraday_worker_up", "1"] == 1.0
    assert samples["faraday_controller_up", ""] == 1.0
    replicas = [s for s in scrape(faraday) if s.name == "faraday_router_replicas"]
    assert {(s.labels["worker"], s.value) for s in replicas if s.labels["model"] == "fem.diffusion"} == {
        ("0", 1.0),
        ("1", 1.0),
    }
    health = faraday.status()["metrics"].replace("/metrics", "/health")
    with urllib.request.urlopen(health, timeout=10) as answer:
        assert answer.read() == b"alive\n"


def test_each_line_of_the_log_is_json_and_those_of_a_call_name_its_trace(faraday: Installation, client: Client) -> None:
    evidence = client.fem.solve(unit_square(2), source=1.0, dirichlet=0.0).evidence

    def lines() -> list[dict[str, object]]:
        return [json.loads(line) for line in faraday.log().splitlines()]

    eventually(lambda: any(line.get("trace_id") == evidence.trace_id for line in lines()), 5.0)
    (own,) = [line for line in lines() if line.get("trace_id") == evidence.trace_id]
    assert own["logger"] == "faraday.access"
    assert own["message"] == f"/{METHOD} OK"
    assert own["principal"] == "local/local"
    assert {line["role"] for line in lines()} >= {"supervisor", "worker-0", "worker-1", "controller"}
    assert all({"time", "level", "logger", "message", "pid", "role"} <= line.keys() for line in lines())


def test_neither_token_nor_payload_is_in_the_log(faraday: Installation, client: Client) -> None:
    secret = 271828.182845904  # a number of a patient's, say
    client.fem.solve(unit_square(2), source=secret, dirichlet=0.0)
    with pytest.raises(InvalidRequest):
        client.fem.solve(unit_square(2), conductivity=-secret, dirichlet=0.0)
    forged = faraday.token()[:-4] + "AAAA"
    with Client(faraday.endpoint, token=forged) as stranger, pytest.raises(Unauthenticated):
        stranger.fem.solve(unit_square(2), source=1.0, dirichlet=0.0)
    eventually(lambda: "UNAUTHENTICATED" in faraday.log(), 5.0)
    log = faraday.log()
    for token in (faraday.token(), forged):
        assert all(part not in log for part in token.split("."))
    assert "271828" not in log
