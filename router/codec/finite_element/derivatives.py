"""Differentiate and EvaluateFunctional: both ask the model of gradients, and tell of its answer more or less."""

from __future__ import annotations

from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Refusal
from router.call import Question, Reply
from router.codec import common
from router.codec.finite_element import posed
from router.codec.finite_element.meshes import Kept
from router.codec.finite_element.problems import DERIVATIVES
from router.codec.finite_element.solve import named_tensors

_BY_MODEL = {row.spec.name: row for row in DERIVATIVES.values()}


class DifferentiateCodec:
    """`kept` finds the meshes of the tenant that asks."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def decode(self, body: bytes) -> Question:
        request = common.parse(pb.DifferentiateRequest, body)
        row = DERIVATIVES[posed.problem_of(request)]
        return posed.question(request, row.spec, row.layout, self._kept)

    def encode(self, reply: Reply, question: Question) -> bytes:
        response = pb.DifferentiateResponse(evidence=common.evidence_of(reply))
        if reply.result is not None:
            _, arrays = schema.flatten(reply.result)
            response.value = arrays["functional"].item()
            response.solution.CopyFrom(common.tensor_of(arrays["u"]))
            response.adjoint.CopyFrom(common.tensor_of(arrays["adjoint"]))
            if "u_tangent" in arrays:
                response.solution_tangent.CopyFrom(common.tensor_of(arrays["u_tangent"]))
            gradients = _BY_MODEL[reply.model].gradients
            response.gradients.extend(named_tensors({name: arrays[each] for name, each in gradients.items()}))
        return response.SerializeToString()

    def replayed(self, answer: bytes, question: Question) -> bytes:
        return answer + pb.DifferentiateResponse(evidence=common.REPLAYED).SerializeToString()

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        return _spelt(refusal, question)


class EvaluateCodec:
    """Likewise."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def decode(self, body: bytes) -> Question:
        request = common.parse(pb.EvaluateFunctionalRequest, body)
        row = DERIVATIVES[posed.problem_of(request)]
        return posed.question(request, row.spec, row.evaluation, self._kept)

    def encode(self, reply: Reply, question: Question) -> bytes:
        response = pb.EvaluateFunctionalResponse(evidence=common.evidence_of(reply))
        if reply.result is not None:
            _, arrays = schema.flatten(reply.result)
            response.value = arrays["functional"].item()
        return response.SerializeToString()

    def replayed(self, answer: bytes, question: Question) -> bytes:
        return answer + pb.EvaluateFunctionalResponse(evidence=common.REPLAYED).SerializeToString()

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        return _spelt(refusal, question)


def _spelt(refusal: Refusal, question: Question) -> Refusal:
    kind, _ = question.echo
    return posed.in_request(refusal, _BY_MODEL[question.model].layout, kind)
