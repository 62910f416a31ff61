"""Optimize: the problem of a SolveRequest as a long-running operation, whose response holds a SolveResponse."""

from __future__ import annotations

from faraday.v1 import finite_element_pb2 as pb
from models.base import Refusal
from router.call import Question, Reply
from router.codec import common
from router.codec.finite_element.meshes import Kept
from router.codec.finite_element.solve import SolveCodec
from router.codec.finite_element.uploads import content


class OptimizeCodec:
    """Field paths begin at the SolveRequest. `kept` finds the meshes of the tenant that asks."""

    response_name = pb.OptimizeResponse.DESCRIPTOR.full_name

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._one = SolveCodec(kept)

    def decode(self, body: bytes) -> Question:
        return self._one.question(common.parse(pb.OptimizeRequest, body).request)

    def durable(self, body: bytes) -> bytes:
        """With the mesh itself where its id is: whoever goes on later may not find it any more."""
        request = common.parse(pb.OptimizeRequest, body)
        mesh = request.request.mesh
        if mesh.WhichOneof("mesh") == "mesh_id":
            mesh.cells.CopyFrom(content(self._kept(mesh.mesh_id)))
        return request.SerializeToString()

    def encode(self, reply: Reply, question: Question) -> bytes:
        return pb.OptimizeResponse(response=self._one.response(reply)).SerializeToString()

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        return self._one.refusal(refusal, question)
