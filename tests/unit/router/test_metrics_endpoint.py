"""The worker's own page: over a private unix socket, OpenMetrics, and nothing that a stranger could abuse."""

from __future__ import annotations

import asyncio
import socket
import stat
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from router.metrics import RouterMetrics
from router.metrics_endpoint import page, serve_metrics


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    metrics = RouterMetrics(registry, 0, {"/a.B/C"}, set())
    metrics.call_started()
    metrics.observe_call("/a.B/C", "OK", 0.001, "a" * 32)
    return registry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "worker-0.metrics"


async def ask(path: Path, request: bytes) -> tuple[bytes, bytes]:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(request)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


async def test_the_page_is_openmetrics(path: Path, registry: CollectorRegistry) -> None:
    async with serve_metrics(path, registry):
        head, body = await ask(path, b"GET /metrics HTTP/1.1\r\nHost: worker\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 OK\r\nContent-Type: application/openmetrics-text")
    assert b"Content-Length: %d" % len(body) in head
    assert body == await page(registry)
    names = [family.name for family in text_string_to_metric_families(body.decode())]  # type: ignore[no-untyped-call]
    assert "rpc_server_call_duration_seconds" in names


@pytest.mark.parametrize("request_line", [b"GET / HTTP/1.0", b"POST /metrics HTTP/1.0", b"GET /metricsx HTTP/1.0", b""])
async def test_anything_else_is_not_found(path: Path, registry: CollectorRegistry, request_line: bytes) -> None:
    async with serve_metrics(path, registry):
        head, _ = await ask(path, request_line + b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 404 ")


async def test_a_request_without_end_is_hung_up_on(path: Path, registry: CollectorRegistry) -> None:
    async with serve_metrics(path, registry):
        assert await ask(path, b"GET /metrics HTTP/1.0\r\nx: " + b"x" * 20_000) == (b"", b"")
        head, _ = await ask(path, b"GET /metrics HTTP/1.0\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 ")


async def test_the_socket_is_for_this_user_alone(path: Path, registry: CollectorRegistry) -> None:
    async with serve_metrics(path, registry):
        mode = stat.S_IMODE(path.stat().st_mode)  # noqa: ASYNC240 - there is nobody to block
    assert mode == 0o600


async def test_the_socket_of_a_dead_worker_is_taken_over(path: Path, registry: CollectorRegistry) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with serve_metrics(path, registry):
        head, _ = await ask(path, b"GET /metrics HTTP/1.0\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 ")


async def test_a_worker_that_ends_late_leaves_its_successor_alone(path: Path, registry: CollectorRegistry) -> None:
    async with serve_metrics(path, registry):
        successor = serve_metrics(path, registry)
        await successor.__aenter__()
    head, _ = await ask(path, b"GET /metrics HTTP/1.0\r\n\r\n")
    await successor.__aexit__(None, None, None)
    assert head.startswith(b"HTTP/1.0 200 ")
