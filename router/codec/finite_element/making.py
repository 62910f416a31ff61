"""CreateMesh of a file or of a refinement: the question to the model that makes it, and what its answer becomes."""

from __future__ import annotations

from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Refusal, Result, Scalar
from models.fem.own_mesh import OwnMesh
from router.call import Question, Reply
from router.codec import common
from router.codec.finite_element import meshes
from router.codec.finite_element.meshes import Kept
from router.codec.finite_element.problems import Making


def question(request: pb.CreateMeshRequest, row: Making, kept: Kept) -> Question:
    """What is asked of the row's model. Raises `Refusal` with the request's paths, and what `kept` raises."""
    if request.HasField("cells"):
        raise Refusal("MESH_AMBIGUOUS", f"is a mesh beside {row.name}, which is another; send one of them", "cells")
    begun = _begun(request)
    kind = meshes.kind_of(begun)
    try:
        scalars, arrays = row.layout.values(request)
        declared = {*schema.tensors(row.spec.task), *schema.scalars(row.spec.task)}
        mesh_scalars, mesh_arrays = meshes.values(begun, kept, declared)
        task = schema.parse(row.spec.task, {**mesh_scalars, **scalars}, {**mesh_arrays, **arrays})
        task.check()
    except Refusal as refusal:
        raise in_request(refusal, request, row) from None
    expanded_bytes = sum(array.nbytes for array in mesh_arrays.values()) if kind == "mesh_id" else 0
    return common.asked(row.spec, task, request.options, kind, expanded_bytes)


def in_request(refusal: Refusal, request: pb.CreateMeshRequest, row: Making) -> Refusal:
    """A refusal of the task with its field spelt as the request spells it."""
    name, bracket, index = refusal.field.partition("[")
    if name in meshes.FIELDS:
        path = f"{row.name}.{meshes.path_of(meshes.kind_of(_begun(request)), name)}"
    else:
        path = row.layout.path(name)
    return Refusal(refusal.reason, refusal.message, f"{path}{bracket}{index}", refusal.details)


def of_made(refusal: Refusal, row: Making) -> Refusal:
    """A refusal of the mesh that was made: no field of the request has what it is about."""
    return Refusal(refusal.reason, f"gives a mesh whose {refusal.field} {refusal.message}", row.name, refusal.details)


def mesh_of(result: Result) -> OwnMesh:
    """The mesh of a `MeshResult`, as one that was sent."""
    scalars, arrays = schema.flatten(result)
    names: tuple[str, ...] = ("nodes", "cells")
    if scalars["boundary_names"]:
        names += ("boundary_facets", "boundary_labels")
    said: dict[str, Scalar] = {"shape": "own", **{name: scalars[name] for name in ("cell_kind", "boundary_names")}}
    return schema.restore(OwnMesh, (said, {name: arrays[name] for name in names}))


def response(reply: Reply, stored: pb.StoredMesh | None) -> pb.CreateMeshResponse:
    """`stored` is None after validate_only."""
    made = pb.CreateMeshResponse(mesh=stored, evidence=common.evidence_of(reply))
    if reply.result is not None:
        scalars, arrays = schema.flatten(reply.result)
        made.cell_labels.CopyFrom(common.tensor_of(arrays["cell_labels"]))
        made.quality.CopyFrom(common.tensor_of(arrays["quality"]))
        made.cell_names.extend(name for name in str(scalars["cell_names"]).split(", ") if name)
    return made


def _begun(request: pb.CreateMeshRequest) -> pb.Mesh:
    """The mesh that is refined; an empty one of a file."""
    return request.refined.mesh
