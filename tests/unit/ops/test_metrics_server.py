"""The page of the whole installation: every worker on it, the dead ones marked, valid in every format."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus
from prometheus_client.samples import Sample

from ops.metrics_server import Installation, MetricsServer, WorkerSilent, WorkerState, ask
from router.metrics import RouterMetrics
from router.metrics_endpoint import serve_metrics

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@contextmanager
def workers(*paths: Path) -> Iterator[None]:
    """A metrics endpoint of a worker at each path, each with one call counted, on an event loop of their own."""
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()

    async def open_all() -> None:
        for index, path in enumerate(paths):
            registry = CollectorRegistry()
            metrics = RouterMetrics(registry, index, {"/a.B/C"}, set(), clock=lambda: 1.0)
            metrics.call_started()
            metrics.observe_call("/a.B/C", "OK", 0.001, f"{index}" * 32)
            await stack.enter_async_context(serve_metrics(path, registry))

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(open_all(), loop).result(5)
    yield
    asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@contextmanager
def silent(path: Path) -> Iterator[None]:
    """A worker that takes connections and says nothing."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield


@contextmanager
def serving(*paths: Path, controller_up: bool = True) -> Iterator[str]:
    states = tuple(WorkerState(index, path, restarts=index) for index, path in enumerate(paths))
    installation = Installation("0.1.0", states, controller_up, controller_restarts=2)
    server = MetricsServer("127.0.0.1", 0, lambda: installation)
    yield f"http://127.0.0.1:{server.port}"
    server.close()


def fetch(url: str, accept: str = OPENMETRICS) -> tuple[str, str]:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept}), timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def samples(text: str, parse: Callable[[str], Iterable[Metric]] = openmetrics) -> dict[tuple[str, str], list[Sample]]:
    """By (name, worker)."""
    found: dict[tuple[str, str], list[Sample]] = {}
    for family in parse(text):
        for sample in family.samples:
            found.setdefault((sample.name, sample.labels.get("worker", "")), []).append(sample)
    return found


def test_all_workers_are_on_one_page_with_their_exemplars(tmp_path: Path) -> None:
    paths = [tmp_path / "0", tmp_path / "1"]
    with workers(*paths), serving(*paths) as url:
        kind, text = fetch(f"{url}/metrics")
    assert kind.startswith("application/openmetrics-text")
    assert text.count("# TYPE rpc_server_call_duration_seconds histogram") == 1
    read = samples(text)
    for worker in ("0", "1"):
        assert read["faraday_worker_up", worker][0].value == 1
        buckets = read["rpc_server_call_duration_seconds_bucket", worker]
        (exemplar,) = [sample.exemplar for sample in buckets if sample.exemplar]
        assert exemplar.labels == {"trace_id": worker * 32}
    assert read["faraday_worker_restarts_total", "1"][0].value == 1
    assert read["faraday_build_info", ""][0].labels == {"version": "0.1.0"}
    assert read["faraday_controller_up", ""][0].value == 1
    assert read["faraday_controller_restarts_total", ""][0].value == 2


def test_a_scraper_that_does_not_know_openmetrics_gets_the_older_text(tmp_path: Path) -> None:
    with workers(tmp_path / "0"), serving(tmp_path / "0") as url:
        kind, text = fetch(f"{url}/metrics", accept="*/*")
    assert kind.startswith("text/plain; version=0.0.4")
    assert samples(text, prometheus)["rpc_server_call_duration_seconds_count", "0"][0].value == 1


def test_a_dead_worker_is_marked_and_the_others_are_served(tmp_path: Path) -> None:
    with workers(tmp_path / "0"), serving(tmp_path / "0", tmp_path / "dead", controller_up=False) as url:
        _, text = fetch(f"{url}/metrics")
    read = samples(text)
    assert [read["faraday_worker_up", worker][0].value for worker in ("0", "1")] == [1, 0]
    assert ("rpc_server_call_duration_seconds_count", "1") not in read
    assert read["faraday_controller_up", ""][0].value == 0


def test_workers_that_say_nothing_cost_one_timeout_together(tmp_path: Path) -> None:
    paths = [tmp_path / str(index) for index in range(3)]
    began = time.monotonic()
    with silent(paths[0]), silent(paths[1]), silent(paths[2]), serving(*paths) as url:
        _, text = fetch(f"{url}/metrics")
    assert time.monotonic() - began < 4.0  # 2 s for each of the three would be 6
    assert {samples(text)["faraday_worker_up", str(index)][0].value for index in range(3)} == {0}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.0 404 Not Found\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nnot metrics at all\n",
        b"HTTP/1.0 200 OK\r\n\r\n# TYPE a counter\n",
        b"HTTP/1.0 200 OK\r\n\r\n\xff\xfe",
    ],
)
def test_what_is_no_page_counts_as_silence(tmp_path: Path, answer: bytes) -> None:
    def say() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(answer)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "0"))
        listener.listen()
        thread = threading.Thread(target=say)
        thread.start()
        with pytest.raises(WorkerSilent):
            ask(tmp_path / "0", timeout_s=2.0)
        thread.join()


def test_a_worker_that_trickles_is_given_up_in_time(tmp_path: Path) -> None:
    stop = threading.Event()

    def trickle() -> None:
        connection, _ = listener.accept()
        with connection:
            while not stop.wait(0.05):
                connection.sendall(b"x")

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "0"))
        listener.listen()
        thread = threading.Thread(target=trickle)
        thread.start()
        began = time.monotonic()
        with pytest.raises(WorkerSilent):
            ask(tmp_path / "0", timeout_s=0.3)
        assert time.monotonic() - began < 2.0
        stop.set()
        thread.join()


def test_health_is_answered_and_nothing_else_is() -> None:
    with serving() as url:
        assert fetch(f"{url}/health")[1] == "alive\n"
        assert "faraday_build_info" in fetch(f"{url}/metrics?format=any")[1]
        for request, status in ((f"{url}/", 404), (urllib.request.Request(f"{url}/metrics", b"body"), 501)):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=10)
            assert refused.value.code == status
            refused.value.close()
