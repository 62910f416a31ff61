"""The client: one object, a property for each service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from grpc_health.v1 import health_pb2, health_pb2_grpc

from faraday.client import local
from faraday.client.connection import Connection, Settings, Tls
from faraday.client.fem import FiniteElements
from faraday.client.operations import Operations
from faraday.client.operators import NeuralOperators
from faraday.client.privacy import Privacy


class Client:
    """A connection to a Faraday server. Thread-safe; close it, or use it in a `with`.

    `target` is a gRPC target, e.g. "faraday.example.org:443". `token` is a bearer token, or a function that returns the
    present one. Without `tls` nothing is encrypted, and a token is sent only within this machine.
    """

    def __init__(
        self,
        target: str,
        *,
        token: str | Callable[[], str] | None = None,
        tls: Tls | None = None,
        settings: Settings | None = None,
    ) -> None:
        ask_token = (lambda: token) if isinstance(token, str) else token
        self._connection = Connection(target, ask_token, tls, settings or Settings())
        self._health = health_pb2_grpc.HealthStub(self._connection.channel)
        self.fem = FiniteElements(self._connection)
        self.operations = Operations(self._connection)
        self.operators = NeuralOperators(self._connection)
        self.privacy = Privacy(self._connection)

    @classmethod
    def local(cls, state_dir: Path | None = None, settings: Settings | None = None) -> Self:
        """A client of the server that `faraday up` runs on this machine; `NoLocalServer` where there is none."""
        found = local.find(state_dir or local.state_dir())
        return cls(
            found.endpoint,
            token=lambda: found.token_file.read_text().strip(),  # anew for each call: `faraday up` may have renewed it
            tls=None if found.ca_file is None else Tls(found.ca_file),
            settings=settings,
        )

    def health(self, service: str = "", timeout_s: float = 5.0) -> bool:
        """Whether the server, or one service of it, takes requests now. Raises as any call where nobody answers."""
        request = health_pb2.HealthCheckRequest(service=service)
        reply = self._connection.ask_once(self._health.Check, request, timeout_s)
        return bool(reply.status == health_pb2.HealthCheckResponse.SERVING)

    def close(self) -> None:
        """Close the channel; calls under way are cancelled."""
        self._connection.channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
