"""An unmodified tritonclient talks to every model: metadata, configuration, inference, streams, statistics."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException

from cluster.dispatch import Table
from faraday.client import Client, unit_square
from models.catalog import CATALOG
from tests.support.eventually import eventually
from tests.support.installation import Installation

pytestmark = pytest.mark.cluster


@pytest.fixture
def server(faraday: Installation) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(faraday.endpoint) as client:
        yield client


@pytest.fixture
def headers(faraday: Installation) -> dict[str, str]:
    return {"authorization": f"Bearer {faraday.token()}"}


def diffusion_inputs(divisions: int) -> list[triton.InferInput]:
    mesh = unit_square(divisions)
    boundary = mesh.boundary()
    given = {
        "divisions": np.array([divisions, divisions]),
        "conductivity": np.ones(1),
        "source": np.ones(1),
        "dirichlet_points": boundary,
        "dirichlet_values": np.zeros(len(boundary)),
    }
    names = {"int64": "INT64", "float64": "FP64"}
    inputs = []
    for name, array in given.items():
        tensor = triton.InferInput(name, list(array.shape), names[array.dtype.name])
        tensor.set_data_from_numpy(array)
        inputs.append(tensor)
    return inputs


def identity_input(data: bytes) -> triton.InferInput:
    tensor = triton.InferInput("data", [len(data)], "UINT8")
    tensor.set_data_from_numpy(np.frombuffer(data, dtype=np.uint8))
    return tensor


def test_the_server_and_every_model_are_ready(server: Any, headers: dict[str, str]) -> None:
    assert server.is_server_live()
    assert server.is_server_ready()
    assert all(server.is_model_ready(model, headers=headers) for model in CATALOG)
    assert server.get_server_metadata(headers=headers).name == "faraday"
    listed = server.get_model_repository_index(headers=headers).models
    assert {(model.name, model.version) for model in listed} == {(s.name, s.version) for s in CATALOG.values()}


def test_metadata_and_configuration_name_every_tensor(server: Any, headers: dict[str, str]) -> None:
    metadata = server.get_model_metadata("fem.diffusion", headers=headers)
    inputs = {tensor.name: (tensor.datatype, list(tensor.shape)) for tensor in metadata.inputs}
    assert inputs["divisions"] == ("INT64", [2])
    assert inputs["conductivity"] == ("FP64", [-1])
    assert {tensor.name for tensor in metadata.outputs} == {"u", "points", "cells", "cell_bound"}
    config = server.get_model_config("fem.diffusion", headers=headers).config
    assert [tensor.name for tensor in config.input] == list(inputs)
    assert {tensor.name for tensor in config.input if not tensor.optional} == {"conductivity"}


def test_the_first_call_to_a_sleeping_model_wakes_it(
    faraday: Installation, server: Any, headers: dict[str, str]
) -> None:
    assert Table.read(faraday.state.table).models["identity"] == ()
    began = time.monotonic()
    answer = server.infer("identity", [identity_input(b"good morning")], headers=headers, client_timeout=60)
    assert answer.as_numpy("data").tobytes() == b"good morning"
    eventually(lambda: len(Table.read(faraday.state.table).models["identity"]) == 1, 5.0)
    assert time.monotonic() - began < 30.0


def test_it_solves_what_our_own_client_solves(server: Any, headers: dict[str, str], client: Client) -> None:
    answer = server.infer("fem.diffusion", diffusion_inputs(6), headers=headers, parameters={"degree": 1})
    ours = client.fem.solve(unit_square(6), source=1.0, dirichlet=0.0)
    assert np.array_equal(answer.as_numpy("u"), ours.values)
    assert np.array_equal(answer.as_numpy("points"), ours.points)
    assert np.array_equal(answer.as_numpy("cells"), ours.cells)


def test_a_stream_answers_in_order_and_outlives_a_request_that_fails(server: Any, headers: dict[str, str]) -> None:
    answers: queue.Queue[tuple[Any, Any]] = queue.Queue()
    server.start_stream(lambda result, error: answers.put((result, error)), headers=headers)
    sent = [bytes([number]) * (number + 1) for number in range(8)]
    for data in sent[:4]:
        server.async_stream_infer("identity", [identity_input(data)])
    server.async_stream_infer("identity", [])  # lacks its tensor
    for data in sent[4:]:
        server.async_stream_infer("identity", [identity_input(data)])
    received = [answers.get(timeout=60) for _ in range(9)]
    server.stop_stream()
    assert [error is not None for _, error in received] == [False] * 4 + [True] + [False] * 4
    assert "MISSING_TENSOR" in str(received[4][1])
    assert [result.as_numpy("data").tobytes() for result, error in received if error is None] == sent


def test_statistics_count_the_calls_of_all_workers(faraday: Installation, headers: dict[str, str]) -> None:
    def counted(client: Any) -> int:
        (stats,) = client.get_inference_statistics("fem.diffusion", headers=headers).model_stats
        return int(stats.inference_stats.success.count)

    def clients() -> list[Any]:
        # A channel argument of its own gives each client a connection of its own: they spread over both workers.
        return [
            triton.InferenceServerClient(faraday.endpoint, channel_args=[("grpc.use_local_subchannel_pool", 1)])
            for _ in range(12)
        ]

    several = clients()
    before = {counted(client) for client in several}
    assert len(before) == 1, "whoever is asked gives one answer"
    for client in several:
        client.infer("fem.diffusion", diffusion_inputs(2), headers=headers)
    after = {counted(client) for client in several}
    assert after == {before.pop() + 12}
    for client in several:
        client.close()


@pytest.mark.parametrize(
    ("model", "inputs", "said"),
    [
        ("no.such", [], "UNKNOWN_MODEL|no.such"),
        ("identity", [], "data"),
        ("fem.diffusion", [identity_input(b"x")], "data"),
    ],
    ids=["unknown model", "missing tensor", "unknown tensor"],
)
def test_what_is_wrong_is_said_in_tritonclients_own_exception(
    server: Any, headers: dict[str, str], model: str, inputs: list[Any], said: str
) -> None:
    with pytest.raises(InferenceServerException, match=said):
        server.infer(model, inputs, headers=headers)


def test_without_a_token_there_is_no_inference(server: Any) -> None:
    with pytest.raises(InferenceServerException) as refused:
        server.infer("identity", [identity_input(b"x")])
    assert refused.value.status() == "StatusCode.UNAUTHENTICATED"
