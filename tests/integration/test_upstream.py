"""An external Open Inference Protocol server as a model's backend: a second router of ours, over TLS."""

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from tritonclient import grpc as triton

from cluster.authority import leaf, self_signed_authority
from faraday.client import BoundKind, Client, InvalidRequest, Retry, Settings, Unavailable
from faraday.client import unit_square as square
from models.catalog import CATALOG
from router.secret_files import create_secret, replace_secret
from router.tls import TlsOptions
from router.upstream import UpstreamOptions
from tests.support import echo
from tests.support.eventually import until
from tests.support.router import Router, RouterOptions, running

NOW = datetime.datetime.now(datetime.UTC)  # the handshake asks the system's clock
SPECS = {"echo": echo.SPEC, "fem.diffusion": CATALOG["fem.diffusion"]}
IMPATIENT = Settings(timeout_s=5.0, retry=Retry(attempt_count=1))
T = TypeVar("T")


@dataclass(frozen=True)
class Pair:
    """`front` serves what `back` answers."""

    front: Router
    back: Router
    token_file: Path

    async def infer(self, *x: float, **more: Any) -> triton.InferResult:
        tensor = triton.InferInput("x", [len(x)], "FP64")
        tensor.set_data_from_numpy(np.array(x))
        return await self.with_triton(lambda client, headers: client.infer("echo", [tensor], headers=headers, **more))

    async def with_triton(self, use: Callable[[triton.InferenceServerClient, dict[str, str]], T]) -> T:
        def run() -> T:
            client = triton.InferenceServerClient(self.front.target)
            try:
                return use(client, dict(self.front.metadata()))
            finally:
                client.close()

        return await asyncio.to_thread(run)

    async def with_client(self, use: Callable[[Client], T]) -> T:
        def run() -> T:
            with Client(self.front.target, token=self.front.token(), settings=IMPATIENT) as client:
                return use(client)

        return await asyncio.to_thread(run)


def folder(parent: Path, name: str) -> Path:
    made = parent / name
    made.mkdir()
    return made


def certificate(parent: Path) -> tuple[TlsOptions, Path]:
    """(of the back router, its authority)"""
    authority = self_signed_authority("back", NOW, days=1)
    issued = leaf(authority, "back", ["127.0.0.1"], NOW, days=1)
    options = TlsOptions(parent / "back.pem", parent / "back.key")
    options.certificate_file.write_bytes(issued.certificate)
    create_secret(options.key_file, issued.key)
    (parent / "ca.pem").write_bytes(authority.certificate)
    return options, parent / "ca.pem"


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    tls, ca_file = certificate(tmp_path)
    async with running(folder(tmp_path, "back"), RouterOptions(specs=SPECS, tls=tls)) as back:
        create_secret(tmp_path / "token", back.token().encode())
        upstream = UpstreamOptions(back.target, ca_file, tmp_path / "token")
        options = RouterOptions(specs=SPECS, upstreams=dict.fromkeys(SPECS, upstream))
        async with running(folder(tmp_path, "front"), options) as front:
            yield Pair(front, back, tmp_path / "token")


async def test_a_request_is_forwarded_and_its_answer_comes_back_as_it_is(pair: Pair) -> None:
    result = await pair.infer(1.0, 2.0, request_id="seven", parameters={"tag": 3})
    assert result.as_numpy("y").tolist() == [1.0, 2.0]
    response = result.get_response()
    assert (response.id, response.parameters["tag"].int64_param) == ("seven", 3)
    assert response.parameters["faraday.method"].string_param == "echo"
    for router in (pair.front, pair.back):
        assert router.statistics.of("echo").succeeded == 1
        assert router.counted("faraday_model_inferences_total", model="echo") == 1


async def test_a_stream_is_forwarded_item_by_item(pair: Pair) -> None:
    def use(client: triton.InferenceServerClient, headers: dict[str, str]) -> list[float]:
        heard: list[float] = []
        client.start_stream(lambda result, error: heard.append(result.as_numpy("y")[0]), headers=headers)
        for number in range(10):
            tensor = triton.InferInput("x", [1], "FP64")
            tensor.set_data_from_numpy(np.array([float(number)]))
            client.async_stream_infer("echo", [tensor])
        client.stop_stream()
        return heard

    assert await pair.with_triton(use) == [float(number) for number in range(10)]


async def test_a_typed_call_is_put_into_its_words_and_keeps_the_evidence(pair: Pair) -> None:
    field = await pair.with_client(lambda client: client.fem.solve(square(8), source=1.0, dirichlet=0.0))
    assert field.values.max() == pytest.approx(0.0737, rel=0.05)
    bound = field.evidence.error_bound
    assert bound is not None
    assert bound.kind is BoundKind.GUARANTEED
    assert bound.relative > 0.0
    assert bound.source
    assert pair.back.statistics.of("fem.diffusion").succeeded == 1


async def test_a_refusal_is_passed_on_with_its_field_in_the_callers_words(pair: Pair) -> None:
    def use(client: Client) -> None:
        everywhere = [[5, 6]], 1.0  # an edge inside: only the solver knows
        client.fem.solve(square(4), neumann=everywhere, dirichlet=(lambda x, y: x == 0, 0.0))

    with pytest.raises(InvalidRequest) as caught:
        await pair.with_client(use)
    assert caught.value.failure.violations[0].field == "diffusion.neumann_edges[0]"
    with pytest.raises(triton.InferenceServerException, match="is not to my taste"):
        await pair.infer(1.0, parameters={"behaviour": "refuse"})


async def test_a_bad_request_is_refused_before_it_is_forwarded(pair: Pair) -> None:
    with pytest.raises(triton.InferenceServerException, match="is nan"):
        await pair.infer(float("nan"))
    assert pair.back.counted("faraday_router_rejections_total", reason="NOT_FINITE") == 0
    result = await pair.infer(1.0, parameters={"faraday.validate_only": True})
    assert result.get_response().parameters["faraday.outcome"].string_param == "validated"
    assert pair.back.statistics.of("echo").succeeded == 0


async def test_a_repeat_is_not_forwarded_again(pair: Pair) -> None:
    id = {"faraday.request_id": "6f1d2c5e-7f0e-4a35-9a39-5d9b0d1f5a01"}
    for _ in range(2):
        assert (await pair.infer(4.0, parameters=id)).as_numpy("y").tolist() == [4.0]
    assert pair.back.statistics.of("echo").succeeded == 1


async def test_the_trace_and_the_deadline_go_along(pair: Pair) -> None:
    trace_id = "c" * 32

    def use(client: triton.InferenceServerClient, headers: dict[str, str]) -> None:
        tensor = triton.InferInput("x", [1], "FP64")
        tensor.set_data_from_numpy(np.ones(1))
        trace = {"traceparent": f"00-{trace_id}-{'d' * 16}-01", "tracestate": "k=v"}
        client.infer("echo", [tensor], headers={**headers, **trace})
        with pytest.raises(triton.InferenceServerException, match=r"DEADLINE|[Dd]eadline"):
            client.infer("echo", [tensor], headers=headers, parameters={"wait_s": 1}, timeout=100_000)

    started = time.monotonic()
    await pair.with_triton(use)
    assert time.monotonic() - started < 1.0
    front, back = (next(s for s in each.spans.recorded if s.trace_id == trace_id) for each in (pair.front, pair.back))
    assert back.parent_id == front.span_id
    assert back.state == "k=v"
    await until(lambda: pair.back.replicas["echo"].server.in_flight == 0)


async def test_the_callers_token_stays_here_and_a_new_one_of_ours_is_taken_up(pair: Pair) -> None:
    await pair.infer(1.0)  # the caller's own token would not be known there
    replace_secret(pair.token_file, b"no longer good")
    with pytest.raises(triton.InferenceServerException, match="failed with UNAUTHENTICATED"):
        await pair.infer(1.0)
    replace_secret(pair.token_file, pair.back.token().encode())
    await pair.infer(1.0)


async def test_readiness_is_asked_of_the_upstream(pair: Pair) -> None:
    def ready(client: triton.InferenceServerClient, headers: dict[str, str]) -> bool:
        return bool(client.is_model_ready("echo", headers=headers))

    assert await pair.with_triton(ready)
    await pair.back.server.drain()
    assert not await pair.with_triton(ready)
    with pytest.raises(Unavailable) as caught:
        await pair.with_client(lambda client: client.fem.solve(square(2), dirichlet=0.0))
    assert caught.value.failure.reason == "UPSTREAM_FAILED"
    assert caught.value.failure.retry_after_s is not None
    assert pair.front.statistics.of("fem.diffusion").failed == 1


async def test_declarations_that_agree_raise_no_warning(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    for upstream in pair.front.upstreams.values():
        await upstream.check()
    assert [record for record in caplog.records if record.name == "router.upstream"] == []
