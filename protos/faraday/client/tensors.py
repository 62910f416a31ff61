"""Arrays on the wire: numpy arrays and `faraday.v1.Tensor`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from faraday.client.errors import MalformedReply
from faraday.v1 import common_pb2

Array = npt.NDArray[Any]

_NAMES = {
    common_pb2.Tensor.D_TYPE_FLOAT64: "<f8",
    common_pb2.Tensor.D_TYPE_FLOAT32: "<f4",
    common_pb2.Tensor.D_TYPE_INT64: "<i8",
    common_pb2.Tensor.D_TYPE_INT32: "<i4",
    common_pb2.Tensor.D_TYPE_UINT8: "|u1",
    common_pb2.Tensor.D_TYPE_BOOL: "|b1",
}
_DTYPES = {kind: np.dtype(name) for kind, name in _NAMES.items()}
_KINDS = {dtype: kind for kind, dtype in _DTYPES.items()}


def encode(array: npt.ArrayLike, dtype: str | None = None) -> common_pb2.Tensor:
    """The tensor of an array, cast to `dtype` where given. ValueError where the contract has no such element."""
    made = np.asarray(array, dtype=dtype)
    little = made.dtype.newbyteorder("<")
    if little not in _KINDS:
        raise ValueError(f"an array of {made.dtype} cannot be sent; use one of {', '.join(d.name for d in _KINDS)}")
    data = made.astype(little, copy=False).tobytes()  # one copy: protobuf takes bytes only
    return common_pb2.Tensor(dtype=_KINDS[little], shape=made.shape, data=data)


def dtype_of(tensor: common_pb2.Tensor) -> np.dtype[Any]:
    """Of its elements. Raises `MalformedReply`."""
    dtype = _DTYPES.get(tensor.dtype)
    if dtype is None:
        raise MalformedReply(f"a tensor has dtype {tensor.dtype}, which this client does not know")
    return dtype


def decode(tensor: common_pb2.Tensor) -> Array:
    """A read-only array over the tensor's own bytes."""
    dtype, shape = dtype_of(tensor), tuple(tensor.shape)
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(tensor.data):
        raise MalformedReply(f"a tensor of {dtype.name} with shape {shape} came in {len(tensor.data)} bytes")
    return np.frombuffer(tensor.data, dtype).reshape(shape)
