"""A router worker's metrics, over its private unix socket: HTTP/1.0, GET /metrics, OpenMetrics text, nothing else.

The supervisor asks here and serves one page for all workers, since SO_REUSEPORT would give a scraper any one of them.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition

# The peer is our own supervisor, on the same machine: anything longer or later is not it.
_REQUEST_BYTES = 8192
_REQUEST_TIMEOUT_S = 2.0
_END = b"# EOF\n"


@asynccontextmanager
async def serve_metrics(path: Path, registry: CollectorRegistry) -> AsyncIterator[None]:
    """Listen at `path`, for this user alone, while the context is open."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_REQUEST_TIMEOUT_S):
                await _answer(reader, writer, registry)
        writer.close()

    server = await asyncio.start_unix_server(answer, sock=_bound(path), limit=_REQUEST_BYTES)
    try:
        yield
    finally:
        server.close()  # the path stays: the worker that comes next may listen there already


async def page(registry: CollectorRegistry) -> bytes:
    """The registry as OpenMetrics text. Other tasks get their turn after each family: a page takes 10 ms."""
    parts = []
    for family in registry.collect():
        parts.append(_text(family))
        await asyncio.sleep(0)
    return b"".join(parts) + _END


def _bound(path: Path) -> socket.socket:
    """A socket at `path` in place of one that a dead worker left; its mode is set before anyone can connect."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, registry: CollectorRegistry) -> None:
    request = await reader.readuntil(b"\r\n\r\n")
    line = request.partition(b"\r\n")[0].split(b" ")
    if line[:2] == [b"GET", b"/metrics"]:
        status, body = b"200 OK", await page(registry)
    else:
        status, body = b"404 Not Found", b"only GET /metrics is served here\n"
    kind = exposition.CONTENT_TYPE_LATEST.encode()
    head = b"HTTP/1.0 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n" % (status, kind, len(body))
    writer.write(head + body)
    await writer.drain()


@dataclass(frozen=True)
class _One:
    """A registry of one family, for the exposition writer."""

    family: Metric

    def collect(self) -> Iterator[Metric]:
        yield self.family


def _text(family: Metric) -> bytes:
    text: bytes = exposition.generate_latest(_One(family))  # type: ignore[no-untyped-call]
    return text.removesuffix(_END)
