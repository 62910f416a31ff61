"""Tasks as requests, written without the codec: each field of a task by its name, wherever a message has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
from google.protobuf.message import Message

from faraday.v1 import common_pb2
from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Array, Task

KINDS = {
    "float64": common_pb2.Tensor.D_TYPE_FLOAT64,
    "int64": common_pb2.Tensor.D_TYPE_INT64,
    "int32": common_pb2.Tensor.D_TYPE_INT32,
    "uint8": common_pb2.Tensor.D_TYPE_UINT8,
    "bool": common_pb2.Tensor.D_TYPE_BOOL,
}
NAMES = {number: name for name, number in KINDS.items()}


def tensor(values: Any, dtype: str = "float64") -> common_pb2.Tensor:
    array = np.asarray(values, dtype)
    return common_pb2.Tensor(dtype=KINDS[dtype], shape=array.shape, data=array.tobytes())


def array(message: common_pb2.Tensor) -> Array:
    return np.frombuffer(message.data, NAMES[message.dtype]).reshape(tuple(message.shape))


def nothing_kept(mesh_id: str) -> NoReturn:
    raise AssertionError("no mesh is named here")


def write(task: Task, message: Message) -> None:
    """The task's fields that the message has."""
    scalars, arrays = schema.flatten(task)
    for field in message.DESCRIPTOR.fields:
        if field.name in arrays:
            given = arrays[field.name]
            if field.type == field.TYPE_BYTES:
                setattr(message, field.name, given.tobytes())
            else:
                getattr(message, field.name).CopyFrom(tensor(given, given.dtype.name))
        elif field.name in scalars:
            setattr(message, field.name, scalars[field.name])


def solve_request(name: str, task: Task) -> pb.SolveRequest:
    """Of the problem with this name, its mesh as structured or as cells."""
    request = pb.SolveRequest()
    write(task, getattr(request, name))
    getattr(request, name).SetInParent()
    scalars, arrays = schema.flatten(task)
    write(task, request.mesh.structured if "divisions" in arrays else request.mesh.cells)
    if "degree" in scalars:
        request.element = {1: pb.ELEMENT_P1, 2: pb.ELEMENT_P2}[int(scalars["degree"])]
    return request


def same(one: Task, other: Task) -> bool:
    """Equal in every scalar, and in every array bit by bit."""
    (scalars, arrays), (other_scalars, other_arrays) = schema.flatten(one), schema.flatten(other)
    return (
        type(one) is type(other)
        and scalars == other_scalars
        and arrays.keys() == other_arrays.keys()
        and all(_identical(arrays[name], other_arrays[name]) for name in arrays)
    )


def _identical(one: Array, other: Array) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def tensors_of(response: pb.SolveResponse) -> Mapping[str, Array]:
    """Every array of an answer, by its field or its name."""
    typed = {field.name: array(value) for field, value in response.ListFields() if isinstance(value, common_pb2.Tensor)}
    return {**typed, **{output.name: array(output.tensor) for output in response.outputs}}
