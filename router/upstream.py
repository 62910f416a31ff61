"""An external Open Inference Protocol server (Triton, KServe, another Faraday) as the backend of a model.

Its requests are forwarded as they came; a typed call is put into the same words. Either way it sees its own token and
never the caller's.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from tritonclient.grpc import InferenceServerException
from tritonclient.grpc import aio as triton

from cluster.dispatch import TaskExpired, Timing
from models.base import Refusal, Result, Spec, Task
from router.call import Caller
from router.codec import upstream as codec
from router.errors import UpstreamFailed
from router.file_signature import file_signature
from router.secret_files import read_secret
from router.status import DETAILS_KEY

log = logging.getLogger(__name__)

_INFER = "/inference.GRPCInferenceService/ModelInfer"
_RETRY_S = 1.0  # where it does not say itself; what it takes to connect again
_READY_TIMEOUT_S = 2.0
_CONNECTION_OPTIONS = (
    ("grpc.max_send_message_length", -1),  # our own limit has been applied
    ("grpc.max_receive_message_length", -1),
    ("grpc.keepalive_time_ms", 30_000),  # notices a peer that vanished while a call waits for it
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.service_config_disable_resolution", 1),  # retries are the client's alone
)


@dataclass(frozen=True)
class UpstreamOptions:
    """Raises ValueError for a token without TLS: it would pass in the clear."""

    target: str  # host:port
    ca_file: Path | None = None  # PEM authorities of its certificate; in the clear without
    token_file: Path | None = None  # mode 0600; read again when it changes

    def __post_init__(self) -> None:
        if self.token_file is not None and self.ca_file is None:
            raise ValueError(f"the token for {self.target} would pass in the clear; give the ca_file too")


class Upstream:
    """A `cluster.dispatch.Dispatcher` that also forwards. Lives on one event loop.

    Raises OSError, SecretExposed or SecretUnusable where a file cannot be used.
    """

    def __init__(self, spec: Spec, options: UpstreamOptions) -> None:
        self._spec = spec
        self._token = None if options.token_file is None else _Token(options.token_file)
        credentials = None
        if options.ca_file is not None:
            credentials = grpc.ssl_channel_credentials(options.ca_file.read_bytes())
        self._control = triton.InferenceServerClient(
            options.target, ssl=credentials is not None, creds=credentials, channel_args=_CONNECTION_OPTIONS
        )
        if credentials is None:
            self._channel = grpc.aio.insecure_channel(options.target, _CONNECTION_OPTIONS)
        else:
            self._channel = grpc.aio.secure_channel(options.target, credentials, _CONNECTION_OPTIONS)
        self._infer = self._channel.unary_unary(_INFER)  # no serialisers: bytes

    @property
    def replica_count(self) -> int:
        return 1

    async def infer(self, task: Task, deadline: float, trace: str = "", trace_state: str = "") -> tuple[Result, Timing]:
        body = codec.request(self._spec, task)
        reply, timing = await self._ask(body, deadline, trace, trace_state)
        try:
            return codec.result(self._spec, reply), timing
        except codec.NotTheModel as error:
            log.error("the upstream of %s: %s", self._spec.name, error)
            raise self._failed("answered what the model does not declare") from None

    async def forward(self, body: bytes, caller: Caller) -> tuple[bytes, Timing]:
        return await self._ask(body, caller.deadline, caller.trace.header(), caller.trace.state)

    async def ready(self) -> bool:
        try:
            return bool(
                await self._control.is_model_ready(
                    self._spec.name, headers=self._headers(), client_timeout=_READY_TIMEOUT_S
                )
            )
        except InferenceServerException:
            return False

    async def check(self) -> None:
        """Warn where the upstream declares the model otherwise than we do, or cannot be asked."""
        try:
            declared = await self._control.get_model_metadata(
                self._spec.name, headers=self._headers(), client_timeout=_READY_TIMEOUT_S
            )
        except InferenceServerException as error:
            log.warning("the upstream of %s cannot be asked: %s", self._spec.name, error.message())
            return
        for difference in codec.differences(self._spec, declared):
            log.warning("the upstream of %s: %s", self._spec.name, difference)

    async def close(self) -> None:
        await self._control.close()
        await self._channel.close()

    async def _ask(self, body: bytes, deadline: float, trace: str, trace_state: str) -> tuple[bytes, Timing]:
        started = time.monotonic()
        headers = self._headers()
        if trace:
            headers["traceparent"] = trace
        if trace_state:
            headers["tracestate"] = trace_state
        if deadline <= started:
            raise TaskExpired
        try:
            reply = await self._infer(body, timeout=deadline - started, metadata=tuple(headers.items()))
        except grpc.aio.AioRpcError as error:
            self._refuse(error)
        return reply, Timing(queue_s=0.0, run_s=time.monotonic() - started, batch_size=1)

    def _headers(self) -> dict[str, str]:
        return {} if self._token is None else {"authorization": f"Bearer {self._token.read()}"}

    def _refuse(self, error: grpc.aio.AioRpcError) -> NoReturn:
        said = _Said(error)
        match error.code():
            case grpc.StatusCode.INVALID_ARGUMENT:
                reason = said.reason or "UPSTREAM_REFUSED"
                raise Refusal(reason, said.message, codec.task_field(said.field), said.details) from None
            case grpc.StatusCode.DEADLINE_EXCEEDED:
                raise TaskExpired from None
            case code:
                log.warning("the upstream of %s: %s %s", self._spec.name, code.name, error.details())
                raise self._failed(f"failed with {code.name}", said.retry_s) from None

    def _failed(self, how: str, retry_s: float = _RETRY_S) -> UpstreamFailed:
        model = self._spec.name
        return UpstreamFailed(f"the server that answers for {model} {how}", retry_s, {"model": model})


class _Said:
    """What an upstream said of a failure: in words, and in google.rpc.Status where it speaks that."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        info, bad, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        for detail in _details(error):
            detail.Unpack(info)
            detail.Unpack(bad)
            detail.Unpack(retry)
        self.message = error.details() or "no message"
        self.reason = info.reason
        self.details = dict(info.metadata)
        self.field = next((violation.field for violation in bad.field_violations), "")
        self.retry_s = retry.retry_delay.ToTimedelta().total_seconds() or _RETRY_S


def _details(error: grpc.aio.AioRpcError) -> Any:
    packed = next((value for key, value in error.trailing_metadata() or () if key == DETAILS_KEY), b"")
    try:
        return status_pb2.Status.FromString(packed).details
    except DecodeError:
        return ()


class _Token:
    """The token in a file, read again when that has changed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._signature = file_signature(file)
        self._token = self._fresh()

    def read(self) -> str:
        signature = file_signature(self._file)
        if signature != self._signature:
            self._token = self._fresh()
            self._signature = signature
        return self._token

    def _fresh(self) -> str:
        return read_secret(self._file).decode("ascii", "strict").strip()
