"""Replicas without Ray: a data plane server in the test's own process, on a unix socket or over TLS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cluster.batcher import Batcher, Run
from cluster.certificates import Certificate
from cluster.dispatch import Endpoint
from cluster.plane.frames import Begin, Infer
from cluster.plane.server import Observer, PlaneServer
from cluster.turns import Turns
from models.base import Model, Spec, SteppedModel
from tests.support import echo

NODE = "node-1"


def unobserved(asked: Infer | Begin, run: Run, ended: float) -> None:
    pass


class LocalReplica:
    """One model behind a PlaneServer."""

    def __init__(self, spec: Spec, model: Model[Any, Any], observe: Observer = unobserved) -> None:
        # A turn of a stepped model is one step here, so that a test sees all of them.
        self.queue = Turns(model, turn_s=0.0) if isinstance(model, SteppedModel) else Batcher(model, spec.max_batch)
        self.server = PlaneServer(spec, self.queue, observe)

    async def on_unix(self, path: Path) -> Endpoint:
        await self.server.listen_unix(path)
        return Endpoint(path.stem, NODE, str(path))

    async def on_tls(self, name: str, certificate: Certificate) -> Endpoint:
        port = await self.server.listen_tls("127.0.0.1", certificate.server_context())
        return Endpoint(name, "another node", "", "127.0.0.1", port)

    async def close(self) -> None:
        self.server.close()
        self.queue.close()
        await settled()


async def settled() -> None:
    """Closed transports have let go of their sockets: it takes some turns of the event loop, over TLS a round trip."""
    await asyncio.sleep(0.01)


@asynccontextmanager
async def replica(
    path: Path, model: Model[Any, Any] | None = None, spec: Spec = echo.SPEC
) -> AsyncIterator[tuple[LocalReplica, Endpoint]]:
    """On a unix socket at `path`, for as long as the block."""
    local = LocalReplica(spec, model or echo.open_echo())
    try:
        yield local, await local.on_unix(path)
    finally:
        await local.close()
