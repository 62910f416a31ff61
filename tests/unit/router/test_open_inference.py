"""Our models as an unmodified tritonclient sees them."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import grpc
import numpy as np
import pytest
from tritonclient import grpc as triton
from tritonclient.grpc import service_pb2 as pb

from models.catalog import CATALOG
from router.edge import EdgeLimits
from router.gcra import RateLimit
from router.rate import RateOptions
from tests.support.eventually import until
from tests.support.router import Router, RouterOptions, connected, running

T = TypeVar("T")
STREAM = "/inference.GRPCInferenceService/ModelStreamInfer"


@pytest.fixture
async def router(tmp_path: Path) -> AsyncIterator[Router]:
    async with running(tmp_path) as started:
        yield started


async def with_client(router: Router, use: Callable[[triton.InferenceServerClient, dict[str, str]], T]) -> T:
    """`use` runs in a thread: the client blocks."""

    def run() -> T:
        client = triton.InferenceServerClient(router.target)
        try:
            return use(client, dict(router.metadata()))
        finally:
            client.close()

    return await asyncio.to_thread(run)


def inputs(*x: float) -> list[triton.InferInput]:
    made = triton.InferInput("x", [len(x)], "FP64")
    made.set_data_from_numpy(np.array(x))
    return [made]


async def test_liveness_is_for_anybody_and_the_rest_for_who_may_ask(router: Router) -> None:
    def use(client: triton.InferenceServerClient, headers: dict[str, str]) -> None:
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("echo", headers=headers)
        with pytest.raises(triton.InferenceServerException, match="no credential"):
            client.is_model_ready("echo")
        with pytest.raises(triton.InferenceServerException, match="no model 'oracle'"):
            client.is_model_ready("oracle", headers=headers)

    await with_client(router, use)


async def test_the_metadata_declares_what_a_model_takes_and_gives(router: Router) -> None:
    def use(client: triton.InferenceServerClient, headers: dict[str, str]) -> None:
        server = client.get_server_metadata(headers=headers)
        assert server.name == "faraday"
        model = client.get_model_metadata("echo", headers=headers)
        assert [(each.name, each.datatype, list(each.shape)) for each in model.inputs] == [
            ("x", "FP64", [-1]),
            ("weights", "FP32", [-1, 2]),
        ]
        assert [each.name for each in model.outputs] == ["y", "size"]
        fem = client.get_model_metadata("fem.diffusion", headers=headers)
        assert {each.name: list(each.shape) for each in fem.inputs}["neumann_values"] == [-1, -1]
        config = client.get_model_config("echo", headers=headers, as_json=True)["config"]
        assert config["input"][1]["optional"]
        assert config["parameters"]["behaviour"]["string_value"] == "answer"
        index = client.get_model_repository_index(headers=headers)
        assert [model.name for model in index.models] == ["echo", *CATALOG]

    await with_client(router, use)


async def test_an_inference_comes_back_with_its_evidence_and_is_counted(router: Router) -> None:
    def use(client: triton.InferenceServerClient, headers: dict[str, str]) -> None:
        result = client.infer(
            "echo",
            inputs(1.0, 2.0),
            outputs=[triton.InferRequestedOutput("y")],
            request_id="seven",
            parameters={"tag": 4, "loud": True},
            headers=headers,
        )
        assert result.as_numpy("y").tolist() == [2.0, 4.0]
        assert result.as_numpy("size") is None
        response = result.get_response()
        assert response.id == "seven"
        assert response.parameters["tag"].int64_param == 4
        assert response.parameters["faraday.method"].string_param == "echo"
        with pytest.raises(triton.InferenceServerException, match="is not to my taste"):
            client.infer("echo", inputs(1.0), parameters={"behaviour": "refuse"}, headers=headers)
        stats = client.get_inference_statistics("echo", headers=headers).model_stats[0]
        assert (stats.inference_count, stats.execution_count) == (1, 1)
        assert (stats.inference_stats.success.count, stats.inference_stats.fail.count) == (1, 1)
        assert stats.last_inference > 1_700_000_000_000
        everything = client.get_inference_statistics(headers=headers)
        assert [each.name for each in everything.model_stats] == ["echo", *CATALOG]

    await with_client(router, use)


async def test_every_model_of_the_catalogue_answers_its_example(router: Router) -> None:
    def use(client: triton.InferenceServerClient, headers: dict[str, str]) -> None:
        data = triton.InferInput("data", [3], "UINT8")
        data.set_data_from_numpy(np.array([1, 2, 3], np.uint8))
        assert client.infer("identity", [data], headers=headers).as_numpy("data").tolist() == [1, 2, 3]
        divisions = triton.InferInput("divisions", [2], "INT64")
        divisions.set_data_from_numpy(np.array([3, 3]))
        k = triton.InferInput("conductivity", [1], "FP64")
        k.set_data_from_numpy(np.ones(1))
        points = triton.InferInput("dirichlet_points", [1], "INT64")
        points.set_data_from_numpy(np.array([0]))
        with pytest.raises(triton.InferenceServerException, match="dirichlet"):
            client.infer("fem.diffusion", [divisions, k, points], headers=headers)

    await with_client(router, use)


async def test_a_stream_keeps_its_order_and_survives_a_request_that_fails(router: Router) -> None:
    def use(client: triton.InferenceServerClient, headers: dict[str, str]) -> None:
        heard: queue.Queue[tuple[Any, Any]] = queue.Queue()
        client.start_stream(lambda result, error: heard.put((result, error)), headers=headers)
        for tag in range(20):
            behaviour = "refuse" if tag == 3 else "answer"
            wait_s = "0.05" if tag == 0 else "0"  # it sends no floats
            client.async_stream_infer(
                "echo", inputs(float(tag)), parameters={"tag": tag, "behaviour": behaviour, "wait_s": wait_s}
            )
        client.async_stream_infer("oracle", inputs(1.0))
        answers = [heard.get(timeout=5.0) for _ in range(21)]
        client.stop_stream()
        assert "UNPLEASANT" in str(answers[3][1])
        assert "UNKNOWN_MODEL" in str(answers[20][1])
        good = [result.as_numpy("y")[0] for result, error in answers if error is None]
        assert good == [float(tag) for tag in range(20) if tag != 3]

    await with_client(router, use)
    assert router.replicas["echo"].server.in_flight == 0


def request(tag: int, **parameters: float) -> bytes:
    message = pb.ModelInferRequest(model_name="echo")
    message.inputs.add(name="x", datatype="FP64", shape=[1])
    message.raw_input_contents.append(np.array([float(tag)]).tobytes())
    message.parameters["tag"].int64_param = tag
    for name, value in parameters.items():
        message.parameters[name].double_param = value
    encoded: bytes = message.SerializeToString()
    return encoded


def tag_in(reply: Any) -> int:
    return int(pb.ModelStreamInferResponse.FromString(reply).infer_response.parameters["tag"].int64_param)


async def test_a_stream_lives_longer_than_the_time_of_one_call(tmp_path: Path) -> None:
    options = RouterOptions(edge=EdgeLimits(default_timeout_s=0.1))
    async with running(tmp_path, options) as router, connected(router) as channel:
        stream = channel.stream_stream(STREAM)(metadata=router.metadata())
        for tag in range(3):
            await stream.write(request(tag))
            assert tag_in(await stream.read()) == tag
            await asyncio.sleep(0.08)
        await stream.write(request(9, wait_s=0.3))
        late = pb.ModelStreamInferResponse.FromString(await stream.read())
        assert late.error_message.startswith("DEADLINE_PASSED")
        await stream.done_writing()
        assert await stream.read() is grpc.aio.EOF


async def test_a_stream_that_says_nothing_more_is_ended(tmp_path: Path) -> None:
    options = RouterOptions(edge=EdgeLimits(stream_idle_s=0.05))
    async with running(tmp_path, options) as router, connected(router) as channel:
        stream = channel.stream_stream(STREAM)(metadata=router.metadata())
        await stream.write(request(1))
        assert tag_in(await stream.read()) == 1
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert "BODY_TIMEOUT" in str(caught.value.trailing_metadata())


async def test_each_message_of_a_stream_counts_against_the_rate(tmp_path: Path) -> None:
    options = RouterOptions(rate=RateOptions(default=RateLimit(per_second=0.1, burst=3)))
    async with running(tmp_path, options) as router, connected(router) as channel:
        stream = channel.stream_stream(STREAM)((request(tag) for tag in range(9)), metadata=router.metadata())
        answered: list[int] = []
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async for reply in stream:
                answered.append(tag_in(reply))
        assert answered == [0, 1, 2]  # what was let in is answered before the stream ends
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "RATE_LIMITED" in str(caught.value.trailing_metadata())


async def test_a_message_over_the_limit_ends_its_stream_with_a_typed_error(tmp_path: Path) -> None:
    options = RouterOptions(edge=EdgeLimits(message_bytes=500))
    async with running(tmp_path, options) as router, connected(router) as channel:
        stream = channel.stream_stream(STREAM)(iter([request(1), bytes(600)]), metadata=router.metadata())
        assert tag_in(await stream.read()) == 1
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
        assert "REQUEST_TOO_LARGE" in str(caught.value.trailing_metadata())


async def test_an_unknown_exception_in_a_stream_ends_it_with_an_error_id(router: Router) -> None:
    message = pb.ModelInferRequest.FromString(request(1))
    message.parameters["behaviour"].string_param = "crash"
    async with connected(router) as channel:
        stream = channel.stream_stream(STREAM)(iter([message.SerializeToString()]), metadata=router.metadata())
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
        assert caught.value.code() is grpc.StatusCode.INTERNAL
        assert "error_id" in str(caught.value.details())
        assert "secret" not in str(caught.value)


async def test_a_stream_that_is_given_up_gives_up_its_tasks(router: Router) -> None:
    router.echo.gate.clear()
    async with connected(router) as channel:
        stream = channel.stream_stream(STREAM)(metadata=router.metadata())
        for tag in range(4):
            await stream.write(request(tag))
        await until(lambda: router.replicas["echo"].server.in_flight == 4)
        stream.cancel()
        await until(lambda: router.replicas["echo"].server.in_flight == 0)
        await until(lambda: router.counted("faraday_router_calls_in_flight") == 0)


async def test_a_drain_ends_an_idle_stream_and_says_why(router: Router) -> None:
    async with connected(router) as channel:
        stream = channel.stream_stream(STREAM)(metadata=router.metadata())
        await stream.write(request(1))
        assert tag_in(await stream.read()) == 1
        router.echo.gate.clear()
        await stream.write(request(2))
        await until(lambda: router.replicas["echo"].server.in_flight)
        drained = asyncio.create_task(router.server.drain())
        threading.Timer(0.1, router.echo.gate.set).start()
        assert tag_in(await stream.read()) == 2
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert "SHUTTING_DOWN" in str(caught.value.trailing_metadata())
        async with asyncio.timeout(3.0):
            await drained
