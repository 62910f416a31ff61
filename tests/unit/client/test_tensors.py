"""Arrays survive the wire bit by bit."""

import numpy as np
import pytest

from faraday.client import MalformedReply
from faraday.client.tensors import decode, encode
from faraday.v1 import common_pb2

DTYPES = ["float64", "float32", "int64", "int32", "uint8", "bool"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 3)])
def test_an_array_comes_back_as_it_was(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(1).integers(0, 2, shape).astype(dtype)
    back = decode(encode(array))
    assert (back.dtype, back.shape) == (array.dtype, shape)
    assert np.array_equal(back, array)


def test_big_endian_and_strided_arrays_are_sent_as_little_endian_rows() -> None:
    array = np.arange(6, dtype=">f8").reshape(2, 3).T
    assert np.array_equal(decode(encode(array)), array)


def test_a_dtype_can_be_asked_for() -> None:
    assert decode(encode([1, 2], "int64")).dtype == np.int64
    assert decode(encode([1, 2], "float64")).dtype == np.float64


def test_decoding_copies_nothing_and_guards_the_bytes() -> None:
    back = decode(encode(np.arange(3.0)))
    assert not back.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        back[0] = 1.0


@pytest.mark.parametrize("array", [np.zeros(1, "complex128"), np.array(["a"]), np.zeros(1, "float16")])
def test_what_the_contract_does_not_know_is_refused(array: object) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        encode(array)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "tensor",
    [
        common_pb2.Tensor(),
        common_pb2.Tensor(dtype=common_pb2.Tensor.D_TYPE_FLOAT64, shape=[2], data=b"1234567"),
        common_pb2.Tensor(dtype=common_pb2.Tensor.D_TYPE_UINT8, shape=[-1], data=b""),
        common_pb2.Tensor(dtype=common_pb2.Tensor.D_TYPE_UINT8, shape=[-1, -1], data=b"1"),
        common_pb2.Tensor(dtype=99, data=b""),  # type: ignore[arg-type]
    ],
)
def test_a_tensor_that_contradicts_itself_is_malformed(tensor: common_pb2.Tensor) -> None:
    with pytest.raises(MalformedReply):
        decode(tensor)
