"""The call of the router bench is a valid request, and its check knows a right answer from a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc
from tritonclient.utils import InferenceServerException

from ops.bench import identity
from ops.bench.contract import BenchFailed
from ops.bench.load import Address


@contextmanager
def served(answer: Callable[[Any, Any], Any]) -> Iterator[Address]:
    class Service(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]
        def ModelInfer(self, request: Any, context: Any) -> Any:
            return answer(request, context)

    server = grpc.server(ThreadPoolExecutor(2))
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield Address(port, "a-token")
    finally:
        server.stop(0).wait()


def echo(request: Any, context: Any) -> Any:
    return pb.ModelInferResponse(
        model_name=request.model_name,
        outputs=[
            pb.ModelInferResponse.InferOutputTensor(name=each.name, datatype=each.datatype, shape=each.shape)
            for each in request.inputs
        ],
        raw_output_contents=request.raw_input_contents,
    )


def test_the_request_holds_one_tensor_of_the_asked_size() -> None:
    request = pb.ModelInferRequest.FromString(identity.message(1024))
    assert request.model_name == "identity"
    assert [(each.name, each.datatype, list(each.shape)) for each in request.inputs] == [("data", "UINT8", [1024])]
    assert [len(raw) for raw in request.raw_input_contents] == [1024]


def test_right_answers_pass_and_the_token_goes_with_the_call() -> None:
    seen = []

    def answer(request: Any, context: Any) -> Any:
        seen.append(dict(context.invocation_metadata())["authorization"])
        return echo(request, context)

    with served(answer) as address:
        identity.verify(address, sizes=(1, 1024))
    assert seen == ["Bearer a-token"] * 2


def test_another_tensor_than_was_sent_fails_the_bench() -> None:
    def answer(request: Any, context: Any) -> Any:
        response = echo(request, context)
        response.raw_output_contents[0] = bytes(len(response.raw_output_contents[0]))
        return response

    with served(answer) as address, pytest.raises(BenchFailed, match="not what was sent"):
        identity.verify(address, sizes=(64,))


def test_a_status_is_raised_as_it_came() -> None:
    def answer(request: Any, context: Any) -> Any:
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too fast")

    with served(answer) as address, pytest.raises(InferenceServerException, match="too fast"):
        identity.verify(address, sizes=(64,))


def test_a_server_that_never_answers_is_given_up_and_its_end_is_noticed() -> None:
    checks = []
    with pytest.raises(BenchFailed, match="no answer after"):
        identity.wait_until_answered(Address(9), 0.3, lambda: checks.append(1))
    assert checks


def test_a_server_that_answers_is_waited_for() -> None:
    with served(echo) as address:
        identity.wait_until_answered(address, 5.0, lambda: None)
