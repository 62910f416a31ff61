"""CreateMesh and GetMesh: a mesh of the caller's as checked arrays, and as a message."""

from __future__ import annotations

from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Array, Refusal
from models.fem.own_mesh import OwnMesh
from router.codec import common
from router.codec.finite_element.layout import values_of


def mesh_of(request: pb.CreateMeshRequest) -> OwnMesh:
    """Its arrays are a mesh as far as these alone show. Raises `Refusal` with the request's paths."""
    try:
        mesh = schema.parse(OwnMesh, *values_of(request.cells))
        mesh.check()
    except Refusal as refusal:
        raise in_request(refusal) from None
    return mesh


def in_request(refusal: Refusal) -> Refusal:
    return Refusal(refusal.reason, refusal.message, f"cells.{refusal.field}", refusal.details)


def stored(mesh_id: str, mesh: OwnMesh, size_bytes: int) -> pb.StoredMesh:
    return pb.StoredMesh(
        mesh_id=mesh_id,
        cell_kind=mesh.kind.name,
        node_count=len(mesh.nodes),
        cell_count=len(mesh.cells),
        size_bytes=size_bytes,
    )


def content(nodes: Array, cells: Array) -> pb.Cells:
    return pb.Cells(nodes=common.tensor_of(nodes), cells=common.tensor_of(cells))
