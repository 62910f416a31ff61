"""What a problem is to the client: something that can be sent, and whose answer can be read."""

from __future__ import annotations

from typing import Protocol, TypeVar

from faraday.client.errors import MalformedReply
from faraday.client.tensors import Array, decode
from faraday.v1 import common_pb2
from faraday.v1 import finite_element_pb2 as pb

Answer_co = TypeVar("Answer_co", covariant=True)

_ELEMENTS = {1: pb.ELEMENT_P1, 2: pb.ELEMENT_P2}


class Domain(Protocol):
    """Where a problem is posed: a `Mesh`, or a `Shape` that the server cuts into cells."""

    def message(self) -> pb.Mesh: ...

    def content(self) -> pb.Cells:
        """What the server is sent to keep; ValueError where it makes the mesh itself."""
        ...


class Problem(Protocol[Answer_co]):
    @property
    def mesh(self) -> Domain: ...

    def request(self) -> pb.SolveRequest:
        """Without options. ValueError for what cannot be sent."""
        ...

    def answer(self, response: pb.SolveResponse) -> Answer_co:
        """Raises `MalformedReply`."""
        ...


def element(degree: int) -> pb.Element:
    """ValueError where there is none of this degree."""
    if degree not in _ELEMENTS:
        raise ValueError(f"degree is {degree}; choose 1 or 2")
    return _ELEMENTS[degree]


def read(tensor: common_pb2.Tensor, name: str, rank: int) -> Array:
    """Raises `MalformedReply` where the array has another number of dimensions."""
    array = decode(tensor)
    if array.ndim != rank:
        raise MalformedReply(f"{name} has shape {array.shape}; {rank} dimensions were promised")
    return array
