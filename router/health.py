"""grpc.health.v1: whether this router takes calls. "" is the whole server; every service has the same answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection

from grpc_health.v1 import health_pb2 as pb

from router.call import Caller
from router.codec.common import parse
from router.errors import Malformed, UnknownService
from router.rpcs import Messages, Rpc, Stream, Unary

SERVICE = "grpc.health.v1.Health"


class Health:
    """Not serving until `set_serving(True)`."""

    def __init__(self, services: Collection[str]) -> None:
        self._services = frozenset(services) | {"", SERVICE}
        self._serving = False
        self._draining = False
        self._changed = asyncio.Event()

    @property
    def serving(self) -> bool:
        """Whether this router takes calls now."""
        return self._serving

    def set_serving(self, serving: bool) -> None:
        """Change the answer, also for everybody who watches."""
        self._serving = serving
        self._changed.set()
        self._changed = asyncio.Event()

    def drain(self) -> None:
        """Not serving, for good: everybody who watches is told, and their streams end."""
        self._draining = True
        self.set_serving(False)

    def rpcs(self) -> list[Rpc]:
        return [Unary(f"/{SERVICE}/Check", None, self._check), Stream(f"/{SERVICE}/Watch", None, self._watch)]

    async def _check(self, caller: Caller, body: bytes) -> bytes:
        service = parse(pb.HealthCheckRequest, body).service
        if service not in self._services:
            raise UnknownService(f"there is no service {service[:200]!r} here", {"service": service})
        return self._answer(service)

    async def _watch(self, messages: Messages) -> AsyncGenerator[bytes, None]:
        first = await anext(messages, None)
        if first is None:
            raise Malformed("the call ended without a message")
        service = parse(pb.HealthCheckRequest, first[1]).service
        while True:
            changed = self._changed
            yield self._answer(service)
            if self._draining:
                return
            await changed.wait()

    def _answer(self, service: str) -> bytes:
        if service not in self._services:
            status = pb.HealthCheckResponse.SERVICE_UNKNOWN
        elif self._serving:
            status = pb.HealthCheckResponse.SERVING
        else:
            status = pb.HealthCheckResponse.NOT_SERVING
        answer: bytes = pb.HealthCheckResponse(status=status).SerializeToString()
        return answer
