"""Export: a field in, a file of it out. The fields of the request are those of the task."""

from __future__ import annotations

from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Refusal
from models.fem.export.task import SPEC
from router.call import Question, Reply
from router.codec import common
from router.codec.layout import Layout

LAYOUT = Layout({}, own=tuple(field.name for field in pb.ExportRequest.DESCRIPTOR.fields if field.name != "options"))


class ExportCodec:
    def decode(self, body: bytes) -> Question:
        request = common.parse(pb.ExportRequest, body)
        scalars, arrays = LAYOUT.values(request)
        task = schema.parse(SPEC.task, scalars, arrays)
        task.check()
        return common.asked(SPEC, task, request.options)

    def encode(self, reply: Reply, question: Question) -> bytes:
        response = pb.ExportResponse(evidence=common.evidence_of(reply))
        if reply.result is not None:
            _, arrays = schema.flatten(reply.result)
            response.content = arrays["content"].tobytes()
        return response.SerializeToString()

    def replayed(self, answer: bytes, question: Question) -> bytes:
        return answer + pb.ExportResponse(evidence=common.REPLAYED).SerializeToString()

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        return refusal
