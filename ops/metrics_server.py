"""/metrics of the whole installation on one port, and /health of the supervisor that serves it.

Every worker is asked over its private socket; their families are merged, kept apart by the label `worker`. A worker
that does not answer in time is missing from the page, and `faraday_worker_up` says so.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

_WORKER_TIMEOUT_S = 2.0  # a scraper waits 10 s by default
_CLIENT_TIMEOUT_S = 5.0
_PAGE_BYTES = 32 << 20


@dataclass(frozen=True)
class WorkerState:
    """One router worker, as the supervisor sees it."""

    index: int
    socket: Path
    restarts: int


@dataclass(frozen=True)
class Installation:
    """What the supervisor knows at this moment."""

    version: str
    workers: tuple[WorkerState, ...]
    controller_up: bool
    controller_restarts: int


class WorkerSilent(Exception):
    """A worker did not give its metrics, or gave what is no OpenMetrics text."""


class MetricsServer:
    """Listens from the start, on `port`; answers from threads of its own until `close`. Port 0 takes any."""

    def __init__(self, host: str, port: int, installation: Callable[[], Installation]) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET

        class Server(ThreadingHTTPServer):
            address_family = family
            daemon_threads = True

        class Handler(_Handler):
            collector = _Pages(installation)

        self._server = Server((host, port), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def ask(path: Path, timeout_s: float = _WORKER_TIMEOUT_S) -> list[Metric]:
    """The metric families of the worker that listens at `path`. Raises WorkerSilent, after `timeout_s` at latest."""
    until = time.monotonic() + timeout_s
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout_s)
            connection.connect(str(path))
            connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            answer = _read(connection, until)
    except OSError as error:
        raise WorkerSilent(str(error)) from None
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.split(b" ")[1:2] != [b"200"]:
        raise WorkerSilent("no metrics in its answer")
    try:
        return list(text_string_to_metric_families(body.decode()))  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise WorkerSilent(f"not OpenMetrics: {error}") from None


def merged(pages: Sequence[tuple[int, list[Metric]]]) -> list[Metric]:
    """One family for each name, with the samples of all workers, each marked with its worker; exemplars stay."""
    families: dict[str, Metric] = {}
    for worker, page in pages:
        for family in page:
            known = families.setdefault(
                family.name, Metric(family.name, family.documentation, family.type, family.unit)
            )
            known.samples += [
                sample._replace(labels={**sample.labels, "worker": str(worker)}) for sample in family.samples
            ]
    return list(families.values())


class _Pages(Collector):
    """The page, made anew for every scrape."""

    def __init__(self, installation: Callable[[], Installation]) -> None:
        self._installation = installation

    def collect(self) -> Iterator[Metric]:
        installation = self._installation()
        answers = _ask_all(installation.workers)
        yield from _own(installation, answers)
        yield from merged([(worker, page) for worker, page in answers.items() if page is not None])


def _ask_all(workers: Sequence[WorkerState]) -> dict[int, list[Metric] | None]:
    """Ask all at once, so that several silent workers cost one timeout."""
    if not workers:
        return {}
    with ThreadPoolExecutor(len(workers)) as threads:
        pages = threads.map(_page_of, workers)
        return {worker.index: page for worker, page in zip(workers, pages, strict=True)}


def _page_of(worker: WorkerState) -> list[Metric] | None:
    try:
        return ask(worker.socket)
    except WorkerSilent:
        return None


def _own(installation: Installation, answers: dict[int, list[Metric] | None]) -> Iterator[Metric]:
    """What only the supervisor can say."""
    yield InfoMetricFamily("faraday_build", "What is installed.", {"version": installation.version})
    up = GaugeMetricFamily("faraday_worker_up", "1 where a router worker gave its metrics.", labels=["worker"])
    restarts = CounterMetricFamily(
        "faraday_worker_restarts", "Times that a worker was started anew.", labels=["worker"]
    )
    for worker in installation.workers:
        up.add_metric([str(worker.index)], answers[worker.index] is not None)
        restarts.add_metric([str(worker.index)], worker.restarts)
    yield up
    yield restarts
    yield GaugeMetricFamily("faraday_controller_up", "1 while the controller runs.", installation.controller_up)
    yield CounterMetricFamily(
        "faraday_controller_restarts", "Times that it was started anew.", installation.controller_restarts
    )


class _Handler(BaseHTTPRequestHandler):
    """GET /metrics in the format that the scraper asks for, GET /health."""

    collector: _Pages
    timeout = _CLIENT_TIMEOUT_S
    server_version = "faraday"
    sys_version = ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            encode, kind = choose_encoder(self.headers.get("Accept", ""))
            self._send(200, kind, encode(self.collector))
        elif path == "/health":
            self._send(200, "text/plain; charset=utf-8", b"alive\n")
        else:
            self._send(404, "text/plain; charset=utf-8", b"only /metrics and /health are served here\n")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a scrape every few seconds is no news."""

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _read(connection: socket.socket, until: float) -> bytes:
    """All that comes until the peer closes. Raises OSError past `until` or for a page beyond any reason."""
    parts = bytearray()
    while True:
        connection.settimeout(max(0.001, until - time.monotonic()))
        part = connection.recv(1 << 16)
        if not part:
            return bytes(parts)
        parts += part
        if len(parts) > _PAGE_BYTES:
            raise OSError("the page is too large")
