"""One channel to the server: credentials, deadlines, retries, trace context and typed errors of every call."""

from __future__ import annotations

import functools
import ipaddress
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import grpc

from faraday.client.errors import DeadlineExceeded, Failure, PlaintextToken, Unavailable, from_rpc
from faraday.client.exchange import WINDOW, exchange
from faraday.client.retry import Clock, Retry, attempts
from faraday.client.trace import Headers, traced
from faraday.v1 import common_pb2

Reply = TypeVar("Reply")

MIB = 2**20


@dataclass(frozen=True)
class Tls:
    """How to trust the server and, for mutual TLS, how to be known: PEM files. No `ca_file`: gRPC's own authorities."""

    ca_file: Path | str | None = None
    certificate_file: Path | str | None = None
    key_file: Path | str | None = None

    def credentials(self) -> grpc.ChannelCredentials:
        """Read the files anew; OSError where one cannot be read."""
        return grpc.ssl_channel_credentials(_read(self.ca_file), _read(self.key_file), _read(self.certificate_file))


@dataclass(frozen=True)
class Settings:
    """How a client talks; the defaults suit a local server and one across a network."""

    timeout_s: float = 60.0  # of a call that names none
    retry: Retry = field(default_factory=Retry)
    clock: Clock = field(default_factory=Clock)
    max_message_bytes: int = 256 * MIB


@dataclass(frozen=True)
class Ask:
    """What a caller may ask of any call."""

    timeout_s: float | None = None
    request_id: str | None = None
    validate_only: bool = False
    traceparent: str | None = None


class Request(Protocol):
    """Every request of `faraday.v1` has these."""

    @property
    def options(self) -> common_pb2.RequestOptions: ...


class Connection:
    """Thread-safe. `token` is asked before each attempt, so that a renewed one is used."""

    def __init__(self, target: str, token: Callable[[], str] | None, tls: Tls | None, settings: Settings) -> None:
        if token is not None and tls is None and not is_local(target):
            raise PlaintextToken(f"a token for {target} would cross the network in the clear; pass tls=Tls()")
        options = _options(settings.max_message_bytes)
        if tls is None:
            self.channel = grpc.insecure_channel(target, options)
        else:
            self.channel = grpc.secure_channel(target, tls.credentials(), options)
        self._token = token
        self._settings = settings

    def call(self, service: str, method: str, rpc: Callable[..., Reply], request: Request, ask: Ask) -> Reply:
        """The reply to `request`, sent again where the server is unavailable, under one request_id."""
        request.options.request_id = ask.request_id or str(uuid.uuid4())
        request.options.validate_only = ask.validate_only
        timeout_s = self._settings.timeout_s if ask.timeout_s is None else ask.timeout_s
        with traced(service, method, ask.traceparent) as headers:
            once = functools.partial(self._once, rpc, request, request.options.request_id, headers)
            return attempts(once, timeout_s, self._settings.retry, self._settings.clock)

    def stream(
        self,
        service: str,
        method: str,
        rpc: Callable[..., Iterable[Reply]],
        requests: Iterable[object],
        timeout_s: float | None,
    ) -> Iterator[Reply]:
        """The reply to each request, in their order. Nothing is sent again: whoever asked knows what is left."""
        timeout_s = self._settings.timeout_s if timeout_s is None else timeout_s
        with traced(service, method, None) as headers:
            metadata = (*self._identity(), *headers)
            try:
                yield from exchange(lambda sent: rpc(sent, timeout=timeout_s, metadata=metadata), requests, WINDOW)
            except grpc.RpcError as error:
                raise from_rpc(error, "") from error

    def repeat(
        self, service: str, method: str, rpc: Callable[..., Reply], request: object, timeout_s: float | None
    ) -> Reply:
        """The reply to a request that is no part of `faraday.v1` and may be sent again, as `call` does."""
        timeout_s = self._settings.timeout_s if timeout_s is None else timeout_s
        with traced(service, method, None) as headers:
            once = functools.partial(self._once, rpc, request, "", headers)
            return attempts(once, timeout_s, self._settings.retry, self._settings.clock)

    def follow(
        self,
        service: str,
        method: str,
        rpc: Callable[..., Iterable[Reply]],
        request: object,
        timeout_s: float | None = None,
    ) -> Iterator[Reply]:
        """The replies to one request, for as long as they come, or until the timeout. Nothing is sent again."""
        with traced(service, method, None) as headers:
            try:
                yield from rpc(request, timeout=timeout_s, metadata=(*self._identity(), *headers))
            except grpc.RpcError as error:
                raise from_rpc(error, "") from error

    @property
    def timeout_s(self) -> float:
        """Of a call that says none."""
        return self._settings.timeout_s

    @property
    def clock(self) -> Clock:
        return self._settings.clock

    def pause(self, failed_count: int, error: Unavailable) -> bool:
        """Wait after so many failures on end, before another attempt; False where that was the last one."""
        retry = self._settings.retry
        if failed_count >= retry.attempt_count:
            return False
        self.clock.sleep(retry.pause_s(failed_count, error.failure.retry_after_s))
        return True

    def ask_once(self, rpc: Callable[..., Reply], request: object, timeout_s: float) -> Reply:
        """The reply to a request that is no part of `faraday.v1`, without a retry."""
        return self._once(rpc, request, "", (), timeout_s)

    def _once(
        self, rpc: Callable[..., Reply], request: object, request_id: str, headers: Headers, timeout_s: float
    ) -> Reply:
        if timeout_s <= 0:  # gRPC may still let such a call through
            told = Failure("DEADLINE_EXCEEDED", "the deadline passed before the call", request_id=request_id)
            raise DeadlineExceeded(told)
        try:
            return rpc(request, timeout=timeout_s, metadata=(*self._identity(), *headers))
        except grpc.RpcError as error:
            raise from_rpc(error, request_id) from error

    def _identity(self) -> Headers:
        return () if self._token is None else (("authorization", f"Bearer {self._token()}"),)


def is_local(target: str) -> bool:
    """Whether what is sent to a gRPC target stays on this machine."""
    if target.startswith(("unix:", "unix-abstract:")):
        return True
    address = target.removeprefix("dns:").removeprefix("ipv4:").removeprefix("ipv6:").lstrip("/")
    host = address.rpartition(":")[0].strip("[]") or address
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # another name
        return False


def _options(max_message_bytes: int) -> list[tuple[str, int | str]]:
    return [
        ("grpc.max_send_message_length", max_message_bytes),
        ("grpc.max_receive_message_length", max_message_bytes),
        # Notice a peer that vanished without a word, while a call waits for it.
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        # A worker that was replaced is back within a second; gRPC's own first pause of 1 s would use our retries up.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        # Clients of one process share no connection, so that several of them reach several router workers.
        ("grpc.use_local_subchannel_pool", 1),
        # A name with several addresses is a cluster with several routers.
        ("grpc.lb_policy_name", "round_robin"),
        # Retries are ours alone; a service config from DNS could add others.
        ("grpc.service_config_disable_resolution", 1),
    ]


def _read(path: Path | str | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()
