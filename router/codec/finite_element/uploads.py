"""CreateMesh and GetMesh: a mesh of the caller's as checked arrays, and as a message."""

from __future__ import annotations

from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Refusal
from models.fem.own_mesh import OwnMesh, cell_kind
from router.codec import common
from router.codec.layout import values_of


def mesh_of(request: pb.CreateMeshRequest) -> OwnMesh:
    """Its arrays are a mesh as far as these alone show. Raises `Refusal` with the fields of `cells`."""
    scalars, arrays = values_of(request.cells)
    scalars["shape"] = "own"
    kind = cell_kind(arrays.get("nodes"), arrays.get("cells"))
    if kind is not None:
        scalars["cell_kind"] = kind
    mesh = schema.parse(OwnMesh, scalars, arrays)
    mesh.check()
    return mesh


def in_request(refusal: Refusal) -> Refusal:
    """With its field spelt as the request spells it."""
    return Refusal(refusal.reason, refusal.message, f"cells.{refusal.field}", refusal.details)


def stored(mesh_id: str, mesh: OwnMesh, size_bytes: int) -> pb.StoredMesh:
    assert mesh.nodes is not None and mesh.cells is not None
    return pb.StoredMesh(
        mesh_id=mesh_id,
        cell_kind=mesh.cell_kind,
        node_count=len(mesh.nodes),
        cell_count=len(mesh.cells),
        size_bytes=size_bytes,
        boundary_names=mesh.own_names,
    )


def content(mesh: OwnMesh) -> pb.Cells:
    """What was sent."""
    _, arrays = schema.flatten(mesh)
    cells = pb.Cells()
    for name, array in arrays.items():
        getattr(cells, name).CopyFrom(common.tensor_of(array))
    if mesh.boundary_names:
        cells.boundary_names = mesh.boundary_names
    return cells
