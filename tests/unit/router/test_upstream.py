"""An external Open Inference Protocol server as a model's backend: one that is no Faraday.

That another Faraday is understood too is seen in tests/integration/test_upstream.
"""

from __future__ import annotations

import datetime
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2, status_pb2
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc

from cluster.authority import self_signed_authority
from cluster.dispatch import TaskExpired
from models.base import Refusal
from router.errors import UpstreamFailed
from router.secret_files import create_secret, replace_secret
from router.status import DETAILS_KEY
from router.upstream import Upstream, UpstreamOptions
from tests.support import echo
from tests.support.router import RouterOptions, connected, running


def test_a_token_is_never_sent_in_the_clear(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="in the clear"):
        UpstreamOptions("127.0.0.1:1", token_file=tmp_path / "token")


@dataclass
class Triton(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]  # tritonclient ships no types
    """Answers as it is told to."""

    code: grpc.StatusCode | None = None
    said: str = "said the Triton"
    answer: pb.ModelInferResponse = field(default_factory=pb.ModelInferResponse)
    details: bytes = b""
    received: list[pb.ModelInferRequest] = field(default_factory=list)

    async def ModelInfer(self, request: pb.ModelInferRequest, context: Any) -> pb.ModelInferResponse:
        self.received.append(request)
        if self.code is not None:
            await context.abort(self.code, self.said, ((DETAILS_KEY, self.details),))
        return self.answer

    async def ModelMetadata(self, request: pb.ModelMetadataRequest, context: Any) -> pb.ModelMetadataResponse:
        declared = pb.ModelMetadataResponse(name=request.name)
        declared.inputs.add(name="x", datatype="FP32", shape=[-1])
        return declared

    def says(self, *y: float) -> None:
        self.answer = pb.ModelInferResponse(model_name="echo", model_version="17")
        for name, datatype, array in (("y", "FP64", np.array(y)), ("size", "INT64", np.array([len(y)]))):
            self.answer.outputs.add(name=name, datatype=datatype, shape=array.shape)
            self.answer.raw_output_contents.append(array.tobytes())


@asynccontextmanager
async def serving(server: Triton) -> AsyncIterator[UpstreamOptions]:
    listening = grpc.aio.server()
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(server, listening)
    port = listening.add_insecure_port("127.0.0.1:0")
    await listening.start()
    try:
        yield UpstreamOptions(f"127.0.0.1:{port}")
    finally:
        await listening.stop(None)


@asynccontextmanager
async def upstream_of(server: Triton) -> AsyncIterator[Upstream]:
    async with serving(server) as options:
        upstream = Upstream(echo.SPEC, options)
        try:
            yield upstream
        finally:
            await upstream.close()


def soon() -> float:
    return time.monotonic() + 5.0


async def test_a_triton_answers_a_typed_call_without_a_bound() -> None:
    server = Triton()
    server.says(1.0, 2.0)
    async with upstream_of(server) as upstream:
        result, timing = await upstream.infer(echo.task(1.0, 2.0, tag=5), soon())
        assert isinstance(result, echo.EchoResult)
        assert result.y.tolist() == [1.0, 2.0]
        assert result.evidence.method == "upstream echo 17"
        assert result.evidence.error_bound is None
        assert timing.batch_size == 1
        assert upstream.replica_count == 1
        assert server.received[0].parameters["tag"].int64_param == 5


FAILURES = [
    (grpc.StatusCode.INVALID_ARGUMENT, Refusal, "said the Triton"),
    (grpc.StatusCode.UNAVAILABLE, UpstreamFailed, "failed with UNAVAILABLE"),
    (grpc.StatusCode.DEADLINE_EXCEEDED, TaskExpired, "^$"),
    (grpc.StatusCode.INTERNAL, UpstreamFailed, "failed with INTERNAL"),
    (grpc.StatusCode.NOT_FOUND, UpstreamFailed, "failed with NOT_FOUND"),
]


@pytest.mark.parametrize(("code", "kind", "message"), FAILURES)
async def test_its_errors_become_ours_and_only_a_refusal_is_quoted(
    code: grpc.StatusCode, kind: type[Exception], message: str
) -> None:
    async with upstream_of(Triton(code)) as upstream:
        with pytest.raises(kind, match=message) as caught:
            await upstream.infer(echo.task(), soon())
        assert ("said the Triton" in str(caught.value)) == (kind is Refusal)


async def test_an_answer_that_is_not_the_models_is_a_failure_of_the_upstream(caplog: pytest.LogCaptureFixture) -> None:
    server = Triton()
    server.says(float("nan"))
    async with upstream_of(server) as upstream:
        with pytest.raises(UpstreamFailed, match="answered what the model does not declare"):
            await upstream.infer(echo.task(), soon())
    assert "NOT_FINITE" in caplog.text or "is nan" in caplog.text


async def test_a_deadline_that_has_passed_is_not_sent() -> None:
    server = Triton()
    async with upstream_of(server) as upstream:
        with pytest.raises(Exception) as caught:
            await upstream.infer(echo.task(), time.monotonic() - 1.0)
        assert type(caught.value).__name__ == "TaskExpired"
    assert server.received == []


async def test_a_declaration_that_differs_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    async with upstream_of(Triton()) as upstream:
        with caplog.at_level(logging.WARNING):
            await upstream.check()
        assert not await upstream.ready()  # it does not know the question
    assert "its input 'x' is FP32, ours is FP64" in caplog.text
    assert "it declares no output 'y'" in caplog.text


async def test_an_upstream_that_is_not_there_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    upstream = Upstream(echo.SPEC, UpstreamOptions("127.0.0.1:1"))
    await upstream.check()
    assert "cannot be asked" in caplog.text
    await upstream.close()


def status(*details: Any) -> bytes:
    packed = status_pb2.Status()
    for detail in details:
        packed.details.add().Pack(detail)
    encoded: bytes = packed.SerializeToString()
    return encoded


async def test_what_it_says_in_details_is_taken_over() -> None:
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.FromMilliseconds(2500)
    async with upstream_of(Triton(grpc.StatusCode.UNAVAILABLE, details=status(retry))) as upstream:
        with pytest.raises(UpstreamFailed) as failed:
            await upstream.infer(echo.task(), soon())
        assert failed.value.retry_after_s == 2.5
    info = error_details_pb2.ErrorInfo(reason="NOT_FINITE", metadata={"value": "nan"})
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="inputs[x][3]")
    async with upstream_of(Triton(grpc.StatusCode.INVALID_ARGUMENT, details=status(info, bad))) as upstream:
        with pytest.raises(Refusal) as refused:
            await upstream.infer(echo.task(), soon())
        refusal = refused.value
        assert (refusal.reason, refusal.field, refusal.details) == ("NOT_FINITE", "x[3]", {"value": "nan"})


async def test_details_that_are_none_are_passed_over() -> None:
    async with upstream_of(Triton(grpc.StatusCode.INVALID_ARGUMENT, details=b"\xff")) as upstream:
        with pytest.raises(Refusal) as refused:
            await upstream.infer(echo.task(), soon())
        assert (refused.value.reason, refused.value.field) == ("UPSTREAM_REFUSED", "")


async def test_a_request_is_forwarded_as_its_bytes_and_its_reply_comes_back_so(tmp_path: Path) -> None:
    server = Triton()
    server.says(7.0)
    asked = pb.ModelInferRequest(model_name="echo", id="mine")
    asked.inputs.add(name="x", datatype="FP64", shape=[1])
    asked.raw_input_contents.append(np.ones(1).tobytes())
    asked.parameters["timeout"].int64_param = 900_000
    async with serving(server) as options:
        served = RouterOptions(specs={"echo": echo.SPEC}, upstreams={"echo": options})
        async with running(tmp_path, served) as router, connected(router) as channel:
            infer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
            reply = await infer(asked.SerializeToString(), metadata=router.metadata())
            repeated = pb.ModelInferRequest.FromString(asked.SerializeToString())
            repeated.parameters["faraday.request_id"].string_param = "0b9e6c7e-3d7b-4c55-8a4e-5a5d3e0f2a11"
            again = [await infer(repeated.SerializeToString(), metadata=router.metadata()) for _ in range(2)]
            assert router.statistics.of("echo").succeeded == 2
    assert reply == again[0] == again[1] == server.answer.SerializeToString()
    assert server.received == [asked, repeated]


async def test_a_token_goes_along_over_tls_only_and_is_read_again_when_it_changes(tmp_path: Path) -> None:
    authority = self_signed_authority("upstream", datetime.datetime.now(datetime.UTC), days=1)
    (tmp_path / "ca.pem").write_bytes(authority.certificate)
    create_secret(tmp_path / "token", b"first\n")
    upstream = Upstream(echo.SPEC, UpstreamOptions("127.0.0.1:1", tmp_path / "ca.pem", tmp_path / "token"))
    assert upstream._headers() == {"authorization": "Bearer first"}
    replace_secret(tmp_path / "token", b"second")
    assert upstream._headers() == {"authorization": "Bearer second"}
    await upstream.close()
