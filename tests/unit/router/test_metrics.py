"""The numbers: by the conventions' names, in the right buckets, and never more series than there are methods."""

from __future__ import annotations

import pytest
from opentelemetry.semconv._incubating.attributes import rpc_attributes
from opentelemetry.semconv._incubating.metrics.rpc_metrics import RPC_SERVER_CALL_DURATION
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Exemplar, Sample, Timestamp

from router.metrics import SECONDS, RouterMetrics

SOLVE = "/faraday.v1.FiniteElementService/Solve"
SOLVE_NAME = "faraday.v1.FiniteElementService/Solve"


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> RouterMetrics:
    return RouterMetrics(registry, 3, {SOLVE}, {"fem.diffusion"}, clock=lambda: 1000.0)


def families(registry: CollectorRegistry) -> dict[str, Metric]:
    """What a scraper reads."""
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return {family.name: family for family in text_string_to_metric_families(text.decode())}  # type: ignore[no-untyped-call]


def value(registry: CollectorRegistry, sample: str, **labels: str) -> float | None:
    return registry.get_sample_value(sample, {"worker": "3", **labels})


def call(metrics: RouterMetrics, code: str = "OK", seconds: float = 0.0004, trace_id: str | None = None) -> None:
    metrics.call_started()
    metrics.observe_call(SOLVE, code, seconds, trace_id, request_bytes=100, response_bytes=5000)


def test_a_call_is_counted_under_the_conventions_names(registry: CollectorRegistry, metrics: RouterMetrics) -> None:
    call(metrics)
    call(metrics, "INTERNAL", 0.2)
    name = RPC_SERVER_CALL_DURATION.replace(".", "_") + "_seconds"
    labels = {
        "worker": "3",
        rpc_attributes.RPC_SYSTEM_NAME.replace(".", "_"): "grpc",
        rpc_attributes.RPC_METHOD.replace(".", "_"): SOLVE_NAME,
        rpc_attributes.RPC_RESPONSE_STATUS_CODE.replace(".", "_"): "OK",
        "error_type": "",
    }
    assert registry.get_sample_value(f"{name}_count", labels) == 1
    assert registry.get_sample_value(f"{name}_sum", labels) == 0.0004
    failed = {**labels, "rpc_response_status_code": "INTERNAL", "error_type": "INTERNAL"}
    assert registry.get_sample_value(f"{name}_bucket", {**failed, "le": "0.25"}) == 1
    assert registry.get_sample_value(f"{name}_bucket", {**failed, "le": "0.1"}) == 0


def test_the_conventions_buckets_are_among_ours() -> None:
    assert {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10} < set(SECONDS)
    assert list(SECONDS) == sorted(SECONDS)


def test_buckets_are_those_that_prometheus_clients_own_histogram_fills(
    registry: CollectorRegistry, metrics: RouterMetrics
) -> None:
    theirs = Histogram("theirs_seconds", "", buckets=SECONDS, registry=registry)
    for seconds in (0.0, 0.00025, 0.000251, 0.4, 10.0, 11.0):
        call(metrics, seconds=seconds)
        theirs.observe(seconds)
    read = families(registry)

    def buckets(name: str) -> dict[str, float]:
        return {sample.labels["le"]: sample.value for sample in read[name].samples if "le" in sample.labels}

    assert buckets("rpc_server_call_duration_seconds") == buckets("theirs_seconds")


def test_a_sampled_call_leaves_its_trace_as_an_exemplar(registry: CollectorRegistry, metrics: RouterMetrics) -> None:
    call(metrics, seconds=0.3, trace_id="a" * 32)
    call(metrics, seconds=0.0001)
    samples: list[Sample] = families(registry)["rpc_server_call_duration_seconds"].samples
    (marked,) = [sample for sample in samples if sample.exemplar]
    assert marked.labels["le"] == "0.5"
    assert marked.exemplar == Exemplar({"trace_id": "a" * 32}, 0.3, Timestamp(1000, 0))


def test_calls_in_flight_come_and_go(registry: CollectorRegistry, metrics: RouterMetrics) -> None:
    metrics.call_started()
    metrics.call_started()
    assert value(registry, "faraday_router_calls_in_flight") == 2
    metrics.observe_call(SOLVE, "CANCELLED", 0.1)
    assert value(registry, "faraday_router_calls_in_flight") == 1


def test_sizes_are_counted_by_method(registry: CollectorRegistry, metrics: RouterMetrics) -> None:
    call(metrics)
    assert value(registry, "faraday_router_request_size_bytes_sum", rpc_method=SOLVE_NAME) == 100
    assert value(registry, "faraday_router_response_size_bytes_sum", rpc_method=SOLVE_NAME) == 5000


def test_a_model_is_seen_with_its_batches_and_times(registry: CollectorRegistry, metrics: RouterMetrics) -> None:
    metrics.observe_answer("fem.diffusion", 0.001, 0.004, 8)
    metrics.observe_answer("fem.diffusion", 0.003, 0.004, 4)
    model = {"model": "fem.diffusion"}
    assert value(registry, "faraday_model_inferences_total", **model) == 2
    assert value(registry, "faraday_model_queue_seconds_sum", **model) == 0.004
    assert value(registry, "faraday_model_run_seconds_sum", **model) == 0.008
    assert value(registry, "faraday_model_batch_size_bucket", le="4.0", **model) == 1


def test_refusals_retries_tokens_and_replicas_are_counted(registry: CollectorRegistry, metrics: RouterMetrics) -> None:
    metrics.count_rejection("OVERLOADED")
    metrics.count_retry("fem.diffusion")
    metrics.set_replicas("fem.diffusion", 3)
    metrics.set_replicas("fem.diffusion", 2)
    assert value(registry, "faraday_router_rejections_total", reason="OVERLOADED") == 1
    assert value(registry, "faraday_router_retries_total", model="fem.diffusion") == 1
    assert value(registry, "faraday_router_replicas", model="fem.diffusion") == 2


def test_names_from_a_client_make_no_new_series(registry: CollectorRegistry, metrics: RouterMetrics) -> None:
    for index in range(100):
        metrics.call_started()
        metrics.observe_call(f"/invented/{index}", "UNIMPLEMENTED", 0.1)
        metrics.observe_answer(f"invented.{index}", 0, 0, 1)
    assert value(registry, "faraday_router_request_size_bytes_count", rpc_method="_OTHER") == 100
    assert value(registry, "faraday_model_inferences_total", model="_OTHER") == 100


def test_every_sample_names_its_worker_and_every_family_says_what_it_is(
    registry: CollectorRegistry, metrics: RouterMetrics
) -> None:
    call(metrics)
    metrics.observe_answer("fem.diffusion", 0.001, 0.004, 8)
    metrics.count_rejection("OVERLOADED")
    metrics.count_retry("fem.diffusion")
    metrics.set_replicas("fem.diffusion", 1)
    metrics.operation_taken_up("fem.diffusion")
    metrics.operation_left("fem.diffusion", "succeeded")
    for family in families(registry).values():
        assert family.documentation
        assert family.samples, family.name
        assert {sample.labels["worker"] for sample in family.samples} == {"3"}


def test_operations_are_counted_while_they_run_and_by_their_end(
    registry: CollectorRegistry, metrics: RouterMetrics
) -> None:
    for model in ("fem.diffusion", "fem.diffusion", "unheard of"):
        metrics.operation_taken_up(model)
    metrics.operation_left("fem.diffusion", "cancelled")
    assert value(registry, "faraday_operations_running", model="fem.diffusion") == 1
    assert value(registry, "faraday_operations_running", model="_OTHER") == 1
    assert value(registry, "faraday_operations_total", model="fem.diffusion", how="cancelled") == 1
