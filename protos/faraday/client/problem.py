"""What a problem is to the client: something that can be sent, and whose answer can be read."""

from __future__ import annotations

from typing import Protocol, TypeVar

from faraday.client.errors import MalformedReply
from faraday.client.mesh import Mesh
from faraday.client.tensors import Array, decode, encode
from faraday.v1 import common_pb2
from faraday.v1 import finite_element_pb2 as pb

Answer_co = TypeVar("Answer_co", covariant=True)

_ELEMENTS = {1: pb.ELEMENT_P1, 2: pb.ELEMENT_P2}


class Problem(Protocol[Answer_co]):
    @property
    def mesh(self) -> Mesh: ...

    def request(self) -> pb.SolveRequest:
        """Without options. ValueError for what cannot be sent."""
        ...

    def answer(self, response: pb.SolveResponse) -> Answer_co:
        """Raises `MalformedReply`."""
        ...


def mesh_message(mesh: Mesh) -> pb.Mesh:
    """By its name where the server keeps it, by its divisions where the server can make it, else whole."""
    if mesh.mesh_id:
        return pb.Mesh(mesh_id=mesh.mesh_id)
    if mesh.divisions is None:
        return own_mesh_message(mesh)
    if mesh.lengths is None and len(mesh.divisions) == 2:
        x_count, y_count = mesh.divisions
        return pb.Mesh(unit_square=pb.UnitSquare(x_count=x_count, y_count=y_count))
    made = pb.Structured(divisions=encode(mesh.divisions, "int64"))
    if mesh.lengths is not None:
        made.lengths.CopyFrom(encode(mesh.lengths))
    return pb.Mesh(structured=made)


def own_mesh_message(mesh: Mesh) -> pb.Mesh:
    nodes, cells = encode(mesh.nodes), encode(mesh.cells)
    if mesh.nodes.shape[1] == 2:
        return pb.Mesh(triangles=pb.Triangles(nodes=nodes, cells=cells))
    return pb.Mesh(cells=pb.Cells(nodes=nodes, cells=cells))


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
