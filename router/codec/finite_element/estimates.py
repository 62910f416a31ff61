"""EstimateError: a field in, a bound on its error out."""

from __future__ import annotations

from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Refusal
from router.call import Question, Reply
from router.codec import common
from router.codec.finite_element import posed
from router.codec.finite_element.meshes import Kept
from router.codec.finite_element.problems import ESTIMATES

_BY_MODEL = {row.spec.name: row for row in ESTIMATES.values()}


class EstimateCodec:
    """`kept` finds the meshes of the tenant that asks."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def decode(self, body: bytes) -> Question:
        request = common.parse(pb.EstimateErrorRequest, body)
        row = ESTIMATES[posed.problem_of(request)]
        return posed.question(request, row.spec, row.layout, self._kept)

    def encode(self, reply: Reply, question: Question) -> bytes:
        response = pb.EstimateErrorResponse(evidence=common.evidence_of(reply))
        if reply.result is not None:
            _, arrays = schema.flatten(reply.result)
            response.cell_bound.CopyFrom(common.tensor_of(arrays["cell_bound"]))
        return response.SerializeToString()

    def replayed(self, answer: bytes, question: Question) -> bytes:
        return answer + pb.EstimateErrorResponse(evidence=common.REPLAYED).SerializeToString()

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        kind, _ = question.echo
        return posed.in_request(refusal, _BY_MODEL[question.model].layout, kind)
