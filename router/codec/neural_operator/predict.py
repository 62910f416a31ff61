"""Predict and PredictStream."""

from __future__ import annotations

import math

from google.rpc.status_pb2 import Status

from faraday.v1 import common_pb2
from faraday.v1 import neural_operator_pb2 as pb
from models.base import Refusal, Result
from models.operators.predict.task import ROADS, SPEC, PredictResult
from router.call import Question, Reply
from router.codec import common
from router.codec.named import NamedCodec

_ROADS = {
    "operator": "ROAD_OPERATOR",
    "operator_certified": "ROAD_OPERATOR_CERTIFIED",
    "corrected": "ROAD_CORRECTED",
    "fem": "ROAD_FINITE_ELEMENTS",
    "withheld": "ROAD_WITHHELD",
}


class PredictCodec(NamedCodec):
    """Beside the arrays, what is known of each function is a message of its own."""

    def __init__(self) -> None:
        super().__init__(SPEC, pb.PredictRequest, pb.PredictResponse)

    def response(self, reply: Reply) -> pb.PredictResponse:
        response: pb.PredictResponse = super().response(reply)
        if reply.result is not None:
            response.samples.extend(_samples(reply.result, response.evidence))
        return response


class PredictStreamCodec:
    """The same inside the messages of a stream. Field paths begin at the PredictRequest."""

    def __init__(self) -> None:
        self._one = PredictCodec()

    def decode(self, body: bytes) -> Question:
        return self._one.question(common.parse(pb.PredictStreamRequest, body).request)

    def encode(self, reply: Reply, question: Question) -> bytes:
        return pb.PredictStreamResponse(response=self._one.response(reply)).SerializeToString()

    def replayed(self, answer: bytes, question: Question) -> bytes:
        mark = pb.PredictStreamResponse(response=pb.PredictResponse(evidence=common.REPLAYED))
        return answer + mark.SerializeToString()

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        return self._one.refusal(refusal, question)


def failed(status: Status) -> bytes:
    """The answer of PredictStream to a request that failed."""
    return pb.PredictStreamResponse(error=status).SerializeToString()


def _samples(result: Result, evidence: common_pb2.Evidence) -> list[pb.SampleEvidence]:
    assert isinstance(result, PredictResult)
    samples = []
    reasons = result.reasons.split("\n")
    for at, road in enumerate(result.road):
        sample = pb.SampleEvidence(
            road=_ROADS[ROADS[int(road) - 1]],
            reason=reasons[at],
            score=float(result.score[at]),
            far=bool(result.far[at]),
            kept=bool(result.kept[at]),
        )
        if not math.isnan(result.bound[at]):
            sample.error_bound.CopyFrom(evidence.error_bound)  # the same theorem; its numbers are this function's
            sample.error_bound.value = float(result.bound[at])
            sample.error_bound.relative = float(result.relative_bound[at])
        samples.append(sample)
    return samples
