"""What a router worker counts, for Prometheus: calls by OpenTelemetry's names for RPC servers, models by ours.

One event loop owns the numbers, so they are plain numbers: no locks, and a bucket found by bisection. The children of
prometheus_client cost three times as much per call. The numbers become metric families when a scrape asks.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar
from prometheus_client.utils import floatToGoString

from router.tracing import SERVER_FAILURES

OTHER = "_OTHER"  # OpenTelemetry's name for a method that the server does not have

# OpenTelemetry's advice for rpc.server.call.duration, and five below it: a quick model answers in 0.4 ms.
SECONDS = (
    *(0.00025, 0.0005, 0.001, 0.002, 0.0035),
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
)
BYTES = tuple(float(4**power) for power in range(3, 14))  # 64 B to 64 MiB, the largest message
BATCH = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


class RouterMetrics(Collector):
    """Registers itself; every sample carries the label `worker`. To be used from one thread, collecting included.

    Names outside `methods` and `models` are counted as "_OTHER", so that no client can make new time series. `clock`
    gives seconds since 1970, for exemplars.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        worker: int,
        methods: Collection[str],
        models: Collection[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._worker = str(worker)
        self._clock = clock
        self._methods = {method: method.removeprefix("/") for method in methods}
        self._models = frozenset(models)
        self._in_flight = 0
        self._durations: defaultdict[tuple[str, str], _Histogram] = defaultdict(lambda: _Histogram(SECONDS))
        self._request_bytes: defaultdict[str, _Histogram] = defaultdict(lambda: _Histogram(BYTES))
        self._response_bytes: defaultdict[str, _Histogram] = defaultdict(lambda: _Histogram(BYTES))
        self._queued: defaultdict[str, _Histogram] = defaultdict(lambda: _Histogram(SECONDS))
        self._ran: defaultdict[str, _Histogram] = defaultdict(lambda: _Histogram(SECONDS))
        self._batches: defaultdict[str, _Histogram] = defaultdict(lambda: _Histogram(BATCH))
        self._rejections: defaultdict[str, int] = defaultdict(int)
        self._retries: defaultdict[str, int] = defaultdict(int)
        self._replicas: dict[str, int] = {}
        self._operations: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._operations_running: defaultdict[str, int] = defaultdict(int)
        registry.register(self)

    def call_started(self) -> None:
        self._in_flight += 1

    def observe_call(
        self,
        method: str,
        code: str,
        seconds: float,
        trace_id: str | None = None,
        request_bytes: int = 0,
        response_bytes: int = 0,
    ) -> None:
        """A started call has ended with gRPC's `code`, by name. `trace_id` is given where the call is sampled."""
        name = self._methods.get(method, OTHER)
        self._in_flight -= 1
        duration = self._durations[name, code]
        duration.observe(seconds)
        if trace_id is not None:
            duration.exemplify(seconds, trace_id, self._clock())
        self._request_bytes[name].observe(request_bytes)
        self._response_bytes[name].observe(response_bytes)

    def observe_answer(self, model: str, queue_s: float, run_s: float, batch_size: int) -> None:
        """A replica has answered: how long the task waited, how long its batch ran, and how many tasks that held."""
        name = self._model(model)
        self._queued[name].observe(queue_s)
        self._ran[name].observe(run_s)
        self._batches[name].observe(batch_size)

    def count_rejection(self, reason: str) -> None:
        """The router said no: `reason` as in `router.errors`, a closed set."""
        self._rejections[reason] += 1

    def count_retry(self, model: str) -> None:
        """A task was sent to another replica because the first went away."""
        self._retries[self._model(model)] += 1

    def set_replicas(self, model: str, count: int) -> None:
        """How many replicas of a model this worker knows."""
        self._replicas[self._model(model)] = count

    def operation_taken_up(self, model: str) -> None:
        """This worker runs a long-running operation from now on."""
        self._operations_running[self._model(model)] += 1

    def operation_left(self, model: str, how: str) -> None:
        """It does not any more; `how` is one of succeeded, failed, cancelled, left, lost and dropped."""
        self._operations_running[self._model(model)] -= 1
        self._operations[self._model(model), how] += 1

    def collect(self) -> Iterator[Metric]:
        """Every family, with all that has been counted up to now."""
        yield self._calls()
        yield self._histogram(
            "faraday_router_request_size_bytes", "Size of a request message.", "rpc_method", self._request_bytes
        )
        yield self._histogram(
            "faraday_router_response_size_bytes", "Size of a response message.", "rpc_method", self._response_bytes
        )
        yield self._in_flight_now()
        yield self._histogram(
            "faraday_model_queue_seconds", "How long a task waited for its model.", "model", self._queued
        )
        yield self._histogram("faraday_model_run_seconds", "How long the batch of a task ran.", "model", self._ran)
        yield self._histogram(
            "faraday_model_batch_size", "Tasks in the batch that a task was part of.", "model", self._batches
        )
        answers = {model: histogram.count for model, histogram in self._queued.items()}
        yield self._counter("faraday_model_inferences", "Answers of replicas.", "model", answers)
        yield self._counter("faraday_router_rejections", "Calls that the router refused.", "reason", self._rejections)
        yield self._counter("faraday_router_retries", "Tasks sent to a second replica.", "model", self._retries)
        yield self._replicas_known()
        yield from self._operations_now()

    def _model(self, model: str) -> str:
        return model if model in self._models else OTHER

    def _calls(self) -> HistogramMetricFamily:
        labels = ("worker", "rpc_system_name", "rpc_method", "rpc_response_status_code", "error_type")
        family = HistogramMetricFamily(
            "rpc_server_call_duration_seconds", "Duration of an incoming call.", labels=labels
        )
        for (method, code), histogram in self._durations.items():
            error = code if code in SERVER_FAILURES else ""
            histogram.add_to(family, dict(zip(labels, (self._worker, "grpc", method, code, error), strict=True)))
        return family

    def _in_flight_now(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "faraday_router_calls_in_flight", "Calls that are being answered.", labels=["worker"]
        )
        family.add_metric([self._worker], self._in_flight)
        return family

    def _replicas_known(self) -> GaugeMetricFamily:
        labels = ["worker", "model"]
        family = GaugeMetricFamily("faraday_router_replicas", "Replicas that this worker knows.", labels=labels)
        for model, count in self._replicas.items():
            family.add_metric([self._worker, model], count)
        return family

    def _operations_now(self) -> Iterator[Metric]:
        labels = ["worker", "model"]
        running = GaugeMetricFamily("faraday_operations_running", "Operations that this worker runs.", labels=labels)
        for model, count in self._operations_running.items():
            running.add_metric([self._worker, model], count)
        yield running
        labels = ["worker", "model", "how"]
        ended = CounterMetricFamily(
            "faraday_operations", "Operations that this worker ran, by their end.", labels=labels
        )
        for (model, how), count in self._operations.items():
            ended.add_metric([self._worker, model, how], count)
        yield ended

    def _histogram(self, name: str, doc: str, label: str, children: Mapping[str, _Histogram]) -> HistogramMetricFamily:
        family = HistogramMetricFamily(name, doc, labels=("worker", label))
        for value, histogram in children.items():
            histogram.add_to(family, {"worker": self._worker, label: value})
        return family

    def _counter(self, name: str, doc: str, label: str, children: Mapping[str, int]) -> CounterMetricFamily:
        family = CounterMetricFamily(name, doc, labels=("worker", label))
        for value, count in children.items():
            family.add_metric([self._worker, value], count)
        return family


class _Histogram:
    """Counts in the buckets (…, bound], the last one unbounded, and the sum. An exemplar is the last of its bucket."""

    __slots__ = ("_bounds", "_counts", "_exemplars", "_sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._exemplars: dict[int, Exemplar] = {}

    @property
    def count(self) -> int:
        return sum(self._counts)

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def exemplify(self, value: float, trace_id: str, at: float) -> None:
        self._exemplars[bisect_left(self._bounds, value)] = Exemplar({"trace_id": trace_id}, value, at)

    def add_to(self, family: HistogramMetricFamily, labels: Mapping[str, str]) -> None:
        total = 0
        for index, bound in enumerate((*self._bounds, float("inf"))):
            total += self._counts[index]
            bucket = {**labels, "le": floatToGoString(bound)}  # type: ignore[no-untyped-call]
            family.add_sample(f"{family.name}_bucket", bucket, total, exemplar=self._exemplars.get(index))
        family.add_sample(f"{family.name}_count", dict(labels), total)
        family.add_sample(f"{family.name}_sum", dict(labels), self._sum)
