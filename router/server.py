"""The gRPC server of one router worker: its port, its methods, and its graceful end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc

from router.edge import Edge, EdgeLimits
from router.health import Health
from router.rpcs import Rpc
from router.tls import TlsOptions, server_credentials

# Beyond this factor over our own limit gRPC itself cuts a message off, untyped; below it we answer with the limit.
_HARD_LIMIT_FACTOR = 2
# gRPC cancels what it has received and not yet handed over when it is stopped: before that, a drain waits until it has
# handed nothing over for so long, in all at most so long.
_QUIET_S, _MAX_QUIET_S = 0.02, 1.0


@dataclass(frozen=True)
class ConnectionLimits:
    """What one connection may do to us; each is a setting of gRPC's."""

    handshake_timeout_s: float = 10.0  # silent connections
    idle_timeout_s: float = 300.0
    age_limit_s: float = 3600.0  # connections spread over new workers in time
    age_grace_s: float = 60.0  # what is in flight may finish
    streams: int = 256
    ping_interval_s: float = 10.0  # pings more often than this are strikes
    ping_strikes: int = 2
    keepalive_interval_s: float = 60.0  # a connection that says nothing is pinged after this
    keepalive_timeout_s: float = 10.0  # and closed when no answer comes


@dataclass(frozen=True)
class ServerOptions:
    host: str
    port: int
    tls: TlsOptions | None = None
    edge: EdgeLimits = field(default_factory=EdgeLimits)
    connections: ConnectionLimits = field(default_factory=ConnectionLimits)
    drain_timeout_s: float = 20.0


class RouterServer:
    def __init__(self, options: ServerOptions, edge: Edge, rpcs: Sequence[Rpc], health: Health) -> None:
        self._options = options
        self._edge = edge
        self._health = health
        self._methods = _Methods(edge, rpcs)
        self._server = grpc.aio.server(options=_channel_options(options), handlers=[self._methods])

    async def start(self) -> int:
        """Listen beside the other workers; returns the port. Raises OSError where the port is taken."""
        address = f"{self._options.host}:{self._options.port}"
        tls = self._options.tls
        port: int
        if tls is None:
            port = self._server.add_insecure_port(address)
        else:
            port = self._server.add_secure_port(address, server_credentials(tls))
        if port == 0:
            raise OSError(f"cannot listen on {address}")
        await self._server.start()
        self._health.set_serving(True)
        return port

    async def drain(self) -> None:
        """Say NOT_SERVING, take what has arrived but nothing new (GOAWAY), let what is in flight finish, stop."""
        self._health.drain()
        self._edge.drain()
        await self._handed_over()  # meanwhile whoever watches health hears it
        await self._server.stop(self._options.drain_timeout_s)

    async def _handed_over(self) -> None:
        end = time.monotonic() + _MAX_QUIET_S
        begun = -1
        while begun != self._methods.begun and time.monotonic() < end:
            begun = self._methods.begun
            await asyncio.sleep(_QUIET_S)


class _Methods(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc ships no types
    def __init__(self, edge: Edge, rpcs: Sequence[Rpc]) -> None:
        self._edge = edge
        self._handlers = {rpc.method: edge.handler(rpc) for rpc in rpcs}
        self.begun = 0  # calls that gRPC has handed over

    def service(self, handler_call_details: Any) -> grpc.RpcMethodHandler:
        self.begun += 1
        method = handler_call_details.method
        return self._handlers.get(method) or self._edge.unknown(method)


def _channel_options(options: ServerOptions) -> list[tuple[str, int]]:
    connections, edge = options.connections, options.edge
    return [
        ("grpc.so_reuseport", 1),
        ("grpc.max_receive_message_length", _HARD_LIMIT_FACTOR * edge.message_bytes),
        ("grpc.max_send_message_length", -1),
        # Between its soft and its hard limit gRPC refuses at random; where both are one, it does so beyond it alone.
        ("grpc.max_metadata_size", _HARD_LIMIT_FACTOR * edge.metadata_bytes),
        ("grpc.absolute_max_metadata_size", _HARD_LIMIT_FACTOR * edge.metadata_bytes),
        ("grpc.max_concurrent_streams", connections.streams),
        ("grpc.server_handshake_timeout_ms", _ms(connections.handshake_timeout_s)),
        ("grpc.max_connection_idle_ms", _ms(connections.idle_timeout_s)),
        ("grpc.max_connection_age_ms", _ms(connections.age_limit_s)),
        ("grpc.max_connection_age_grace_ms", _ms(connections.age_grace_s)),
        ("grpc.http2.min_ping_interval_without_data_ms", _ms(connections.ping_interval_s)),
        ("grpc.http2.max_ping_strikes", connections.ping_strikes),
        ("grpc.keepalive_time_ms", _ms(connections.keepalive_interval_s)),
        ("grpc.keepalive_timeout_ms", _ms(connections.keepalive_timeout_s)),
    ]


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
