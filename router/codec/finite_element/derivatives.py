"""Differentiate and EvaluateFunctional: what is asked of a problem's functional, and what its model says."""

from __future__ import annotations

from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Refusal, Scalar
from router.call import Question, Reply
from router.codec import common
from router.codec.finite_element import posed
from router.codec.finite_element.meshes import Kept
from router.codec.finite_element.problems import DERIVATIVES, EVALUATIONS
from router.codec.finite_element.solve import named_tensors
from router.codec.layout import Layout

_DERIVATIVE_OF = {row.spec.name: row for row in DERIVATIVES.values()}
_EVALUATION_OF = {row.spec.name: row for row in EVALUATIONS.values()}


class DifferentiateCodec:
    """`kept` finds the meshes of the tenant that asks."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def decode(self, body: bytes) -> Question:
        request = common.parse(pb.DifferentiateRequest, body)
        row = DERIVATIVES[posed.problem_of(request)]
        wanted: dict[str, Scalar] = {"derivatives": True} if "derivatives" in schema.scalars(row.spec.task) else {}
        return _asking(posed.question(request, row.spec, row.layout, self._kept, wanted), "tangent")

    def encode(self, reply: Reply, question: Question) -> bytes:
        response = pb.DifferentiateResponse(evidence=common.evidence_of(reply))
        if reply.result is not None:
            row = _DERIVATIVE_OF[reply.model]
            _, arrays = schema.flatten(reply.result)
            if "functional" in arrays:  # of a tangent alone there is none
                response.value = arrays["functional"].item()
            response.solution.CopyFrom(common.tensor_of(arrays[row.solution]))
            for name, theirs in (("adjoint", "adjoint"), ("solution_tangent", "u_tangent")):
                if theirs in arrays:
                    getattr(response, name).CopyFrom(common.tensor_of(arrays[theirs]))
            found = {name: arrays[theirs] for name, theirs in row.gradients.items() if theirs in arrays}
            response.gradients.extend(named_tensors(found))
        return response.SerializeToString()

    def replayed(self, answer: bytes, question: Question) -> bytes:
        return answer + pb.DifferentiateResponse(evidence=common.REPLAYED).SerializeToString()

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        return _spelt(refusal, question, _DERIVATIVE_OF[question.model].layout)


class EvaluateCodec:
    """Likewise."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def decode(self, body: bytes) -> Question:
        request = common.parse(pb.EvaluateFunctionalRequest, body)
        row = EVALUATIONS[posed.problem_of(request)]
        return _asking(posed.question(request, row.spec, row.layout, self._kept), "cotangent")

    def encode(self, reply: Reply, question: Question) -> bytes:
        response = pb.EvaluateFunctionalResponse(evidence=common.evidence_of(reply))
        if reply.result is not None:
            _, arrays = schema.flatten(reply.result)
            response.value = arrays["functional"].item()
        return response.SerializeToString()

    def replayed(self, answer: bytes, question: Question) -> bytes:
        return answer + pb.EvaluateFunctionalResponse(evidence=common.REPLAYED).SerializeToString()

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        return _spelt(refusal, question, _EVALUATION_OF[question.model].layout)


def _asking(question: Question, slope: str) -> Question:
    """Raises `Refusal` MISSING_TENSOR where neither integrals nor measured values nor a field whose name ends like this
    ask for anything: models answer all the same."""
    scalars, arrays = schema.flatten(question.task)
    asks = any(name.endswith(slope) or name == "measured_points" for name in arrays)
    if not asks and not str(scalars.get("integrals", "")).strip():
        message = "says no functional; send integrals or a cotangent"
        raise Refusal("MISSING_TENSOR", message, "functional", {"tensor": "cotangent"})
    return question


def _spelt(refusal: Refusal, question: Question, layout: Layout) -> Refusal:
    kind, _ = question.echo
    return posed.in_request(refusal, layout, kind)
