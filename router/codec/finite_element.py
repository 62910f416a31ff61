"""faraday/v1/finite_element.proto: SolveRequest to DiffusionTask, DiffusionResult to SolveResponse."""

from __future__ import annotations

from typing import cast

import numpy as np

from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Array, Refusal
from models.fem import task as fem
from router.call import Question, Reply
from router.codec import common
from router.errors import Malformed

_DEGREES = {pb.ELEMENT_UNSPECIFIED: 1, pb.ELEMENT_P1: 1, pb.ELEMENT_P2: 2}
_PATHS = {  # a task's field, as the request spells it
    "divisions": "mesh.unit_square",
    "nodes": "mesh.triangles.nodes",
    "cells": "mesh.triangles.cells",
    "degree": "element",
}


class SolveCodec:
    def decode(self, body: bytes) -> Question:
        request = common.parse(pb.SolveRequest, body)
        if request.WhichOneof("problem") != "diffusion":
            raise Malformed("says no problem to solve; set diffusion", "problem")
        try:
            task = schema.parse(fem.DiffusionTask, {"degree": _degree(request)}, _arrays(request))
            task.check()
        except Refusal as refusal:
            raise _in_request(refusal) from None
        options = request.options
        return Question(
            model=fem.SPEC.name,
            task=task,
            request_id=options.request_id,
            deadline=common.unix_s(options.deadline, "options.deadline") if options.HasField("deadline") else None,
            validate_only=options.validate_only,
        )

    def encode(self, reply: Reply, question: Question) -> bytes:
        response = pb.SolveResponse(evidence=common.evidence_of(reply))
        if reply.result is not None:
            result = cast(fem.DiffusionResult, reply.result)
            response.solution.CopyFrom(common.tensor_of(result.u))
            response.points.CopyFrom(common.tensor_of(result.points))
            response.cells.CopyFrom(common.tensor_of(result.cells))
            if result.cell_bound is not None:
                response.cell_bound.CopyFrom(common.tensor_of(result.cell_bound))
        return response.SerializeToString()

    def replayed(self, answer: bytes, question: Question) -> bytes:
        mark: bytes = pb.SolveResponse(evidence=common.REPLAYED).SerializeToString()
        return answer + mark

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        """A refusal of the model's, its field spelt as the request spells it."""
        return _in_request(refusal)


def _degree(request: pb.SolveRequest) -> int:
    if request.element not in _DEGREES:
        raise Refusal("UNKNOWN_CHOICE", f"is {request.element}; choose ELEMENT_P1 or ELEMENT_P2", "degree")
    return _DEGREES[request.element]


def _arrays(request: pb.SolveRequest) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    match request.mesh.WhichOneof("mesh"):
        case "unit_square":
            square = request.mesh.unit_square
            arrays["divisions"] = np.array([square.x_count, square.y_count], np.int64)
        case "triangles":
            triangles = request.mesh.triangles
            arrays |= {name: common.array_of(getattr(triangles, name), name) for name in ("nodes", "cells")}
    diffusion = request.diffusion
    for declared, tensor in diffusion.ListFields():
        arrays[declared.name] = common.array_of(tensor, declared.name)
    return arrays


def _in_request(refusal: Refusal) -> Refusal:
    name, bracket, index = refusal.field.partition("[")
    path = _PATHS.get(name, f"diffusion.{name}" if name else "")
    return Refusal(refusal.reason, refusal.message, f"{path}{bracket}{index}", refusal.details)
