"""What all requests about boundary value problems have in common: options, mesh, element, fields named as a task's."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.message import Message

from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Refusal, Scalar, Spec
from router.call import Question
from router.codec import common
from router.codec.finite_element import meshes
from router.codec.finite_element.meshes import Kept
from router.codec.layout import Layout
from router.errors import Malformed

Request = pb.SolveRequest | pb.DifferentiateRequest | pb.EvaluateFunctionalRequest | pb.EstimateErrorRequest

_NOTHING: Mapping[str, Scalar] = {}
_DEGREES = {pb.ELEMENT_P1: 1, pb.ELEMENT_P2: 2}


def problem_of(request: Message) -> str:
    """The field of the oneof `problem` that is set. Raises `Malformed`."""
    problem: str | None = request.WhichOneof("problem")
    if problem is None:
        known = ", ".join(field.name for field in request.DESCRIPTOR.oneofs_by_name["problem"].fields)
        raise Malformed(f"says no problem; set one of: {known}", "problem", {"known": known})
    return problem


def question(
    request: Request, spec: Spec, layout: Layout, kept: Kept, implied: Mapping[str, Scalar] = _NOTHING
) -> Question:
    """What is asked of the model; `implied` is what the method itself says. Raises `Refusal` with the request's paths,
    `Malformed`, and what `kept` raises."""
    kind = meshes.kind_of(request.mesh)
    try:
        scalars, arrays = layout.values(request)
        declared = {*schema.tensors(spec.task), *schema.scalars(spec.task)}
        mesh_scalars, mesh_arrays = meshes.values(request.mesh, kept, declared)
        said = {**_degree(request.element), **mesh_scalars, **scalars, **implied}
        task = schema.parse(spec.task, said, {**mesh_arrays, **arrays})
        task.check()
    except Refusal as refusal:
        raise in_request(refusal, layout, kind) from None
    expanded_bytes = sum(array.nbytes for array in mesh_arrays.values()) if kind == "mesh_id" else 0
    return common.asked(spec, task, request.options, kind, expanded_bytes)


def in_request(refusal: Refusal, layout: Layout, kind: str) -> Refusal:
    """A refusal with its field spelt as the request spells it, whose mesh is of this kind."""
    name, bracket, index = refusal.field.partition("[")
    path = path_of(name, layout, kind) if name else ""
    return Refusal(refusal.reason, refusal.message, f"{path}{bracket}{index}", refusal.details)


def path_of(name: str, layout: Layout, kind: str) -> str:
    """Of a task's field in a request whose mesh is of this kind."""
    if name == "degree":
        return "element"
    return meshes.path_of(kind, name) if name in meshes.FIELDS else layout.path(name)


def _degree(element: pb.Element) -> dict[str, Scalar]:
    """Nothing where it is not set: the task has its own default."""
    if element == pb.ELEMENT_UNSPECIFIED:
        return {}
    if element not in _DEGREES:
        raise Refusal("UNKNOWN_CHOICE", f"is {element}; choose ELEMENT_P1 or ELEMENT_P2", "degree")
    return {"degree": _DEGREES[element]}
