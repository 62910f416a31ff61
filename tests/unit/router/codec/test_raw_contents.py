"""A message in its two parts, beside protobuf's own parser."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tritonclient.grpc import service_pb2 as pb

from router.codec.raw_contents import REQUEST, RESPONSE, cut, joined

CONTENTS = st.lists(st.binary(max_size=300), max_size=4)


def request(name: str, id: str, contents: list[bytes]) -> pb.ModelInferRequest:
    message = pb.ModelInferRequest(model_name=name, id=id, raw_input_contents=contents)
    message.parameters["tag"].int64_param = -1
    message.inputs.add(name="x", datatype="BYTES", shape=[len(contents)])
    return message


def together(description: bytes, raw: list[memoryview]) -> pb.ModelInferRequest:
    message = pb.ModelInferRequest.FromString(description)
    assert not (raw and message.raw_input_contents)
    message.raw_input_contents.extend(map(bytes, raw))
    return message


@given(st.text(max_size=200), st.text(max_size=20), CONTENTS)
def test_the_parts_are_the_message_and_the_first_is_free_of_contents(name: str, id: str, contents: list[bytes]) -> None:
    message = request(name, id, contents)
    description, raw = cut(message.SerializeToString(), REQUEST)
    assert [bytes(part) for part in raw] == contents
    assert together(description, raw) == message


def test_contents_are_views_and_no_copies() -> None:
    body = request("echo", "", [bytes(10_000)]).SerializeToString()
    _, (raw,) = cut(body, REQUEST)
    assert raw.obj is body


@given(CONTENTS, CONTENTS)
def test_fields_may_come_in_any_order(first: list[bytes], then: list[bytes]) -> None:
    """A message after a message is both: contents stand before the names of the second."""
    body = request("one", "1", first).SerializeToString() + request("two", "2", then).SerializeToString()
    assert together(*cut(body, REQUEST)) == pb.ModelInferRequest.FromString(body)


@given(st.binary(max_size=200))
def test_what_the_parser_refuses_is_refused_of_the_parts_too(body: bytes) -> None:
    description, raw = cut(body, REQUEST)
    try:
        whole = pb.ModelInferRequest.FromString(body)
    except Exception as refused:  # noqa: BLE001 whatever protobuf says of it
        with pytest.raises(type(refused)):
            pb.ModelInferRequest.FromString(description)
    else:
        assert raw == [] or together(description, raw) == whole


@pytest.mark.parametrize(
    "body",
    [
        b"\x0a\x00" * 2000,  # more fields than any client sends
        b"\x3a\x00" * 2000,
        b"\x3a" + b"\x80" * 1000 + b"\x00",  # a length without end
        b"\x3a\xff\xff\xff\xff\x0f",  # 4 GiB that are not there
        b"\x3a\x05ab",
        b"\x38\x01",  # the number as another type
        b"\x3a",
    ],
)
def test_what_is_strange_comes_back_whole(body: bytes) -> None:
    assert cut(body, REQUEST) == (body, [])


@pytest.mark.parametrize("shape", [(0,), (), (1,), (3, 0), (5, 25), (40, 60)])
def test_arrays_are_joined_as_the_parser_reads_them(shape: tuple[int, ...]) -> None:
    arrays = [np.full(shape, 1.5), np.ones(shape, "i4")]
    body = joined(pb.ModelInferResponse(model_name="echo").SerializeToString(), RESPONSE, arrays)
    read = pb.ModelInferResponse.FromString(body)
    assert read.model_name == "echo"
    assert list(read.raw_output_contents) == [array.tobytes() for array in arrays]
