"""Answers that come in pieces: larger than a message, from a whole router; and streams that break the contract."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from faraday.client import Client, InvalidRequest, MalformedReply, Posed, Shape
from faraday.client.pieces import assembled
from faraday.client.tensors import encode
from faraday.v1 import finite_element_pb2 as pb
from tests.support.router import SPECS, Router, RouterOptions
from tests.support.serving import serving

HEAT = Posed(
    "heat",
    Shape("square", (24, 24)),
    {"conductivity": 1.0, "capacity": 1.0, "conditions": {"left": "u = sin(t)"}, "steps": 20, "every": 1},
)


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    with serving(tmp_path_factory.mktemp("router"), RouterOptions(specs={"fem.heat": SPECS["fem.heat"]})) as started:
        yield started


def test_a_series_comes_in_pieces_as_it_comes_at_once(live: Client) -> None:
    whole, pieces = live.fem.answer(HEAT), live.fem.answer_in_pieces(HEAT, piece_bytes=4096)
    assert pieces.values.shape == (20, 625)
    np.testing.assert_array_equal(pieces.values, whole.values)
    np.testing.assert_array_equal(pieces.cells, whole.cells)
    assert pieces["times"].tolist() == whole["times"].tolist()


def test_what_is_refused_is_refused_at_once(live: Client) -> None:
    with pytest.raises(InvalidRequest, match="piece_bytes"):
        live.fem.answer_in_pieces(HEAT, piece_bytes=1)
    with pytest.raises(InvalidRequest, match=r"heat\.conductivity"):
        live.fem.answer_in_pieces(Posed("heat", Shape("square", (2, 2)), {**HEAT.data, "conductivity": -1.0}))


def head(values: list[float]) -> pb.SolveInPiecesResponse:
    tensor = encode(values, "float64")
    tensor.data = b""
    return pb.SolveInPiecesResponse(response=pb.SolveResponse(solution=tensor))


def piece(offset: int, values: list[float]) -> pb.SolveInPiecesResponse:
    data = np.array(values, np.float64).tobytes()
    return pb.SolveInPiecesResponse(piece=pb.TensorPiece(name="solution", offset_bytes=offset, data=data))


def test_pieces_are_put_in_their_places() -> None:
    made = assembled([head([1, 2, 3]), piece(0, [1, 2]), piece(16, [3])])
    np.testing.assert_array_equal(np.frombuffer(made.solution.data), [1, 2, 3])


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([], "without an answer"),
        ([piece(0, [1])], "out of its order"),
        ([head([1, 2]), piece(8, [2])], "out of its order"),
        ([head([1, 2]), piece(0, [1])], "8 bytes of 16"),
        ([head([1, 2])], "0 bytes of 16"),
        ([head([1, 2]), piece(0, [1, 2, 3])], "24 bytes of 16"),
    ],
)
def test_a_stream_that_breaks_the_contract_is_a_malformed_reply(
    parts: list[pb.SolveInPiecesResponse], says: str
) -> None:
    with pytest.raises(MalformedReply, match=says):
        assembled(parts)
