"""An answer that comes in pieces, put together."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from faraday.client.errors import MalformedReply
from faraday.client.tensors import dtype_of
from faraday.v1 import common_pb2
from faraday.v1 import finite_element_pb2 as pb

_TYPED = ("solution", "points", "cells", "cell_bound")


def assembled(parts: Iterable[pb.SolveInPiecesResponse]) -> pb.SolveResponse:
    """Raises `MalformedReply` where a piece is not the next one of a tensor, or one is missing."""
    response: pb.SolveResponse | None = None
    data: dict[str, bytearray] = {}
    for part in parts:
        if part.HasField("response"):
            response, data = part.response, {}
            continue
        piece = part.piece
        held = data.setdefault(piece.name, bytearray())
        if response is None or piece.offset_bytes != len(held):
            raise MalformedReply(f"a piece of {piece.name!r} is out of its order")
        held += piece.data
    if response is None:
        raise MalformedReply("the stream ended without an answer")
    for name, tensor in _tensors(response).items():
        whole = prod(tensor.shape) * dtype_of(tensor).itemsize
        if len(tensor.data) == 0 and whole > 0:
            if len(data.get(name, b"")) != whole:
                raise MalformedReply(f"{name} has {len(data.get(name, b''))} bytes of {whole}")
            tensor.data = bytes(data[name])
    return response


def _tensors(response: pb.SolveResponse) -> dict[str, common_pb2.Tensor]:
    typed = {name: getattr(response, name) for name in _TYPED if response.HasField(name)}
    return {**typed, **{output.name: output.tensor for output in response.outputs}}
