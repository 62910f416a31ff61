"""ExportRequest to a task, its file to ExportResponse."""

from __future__ import annotations

import numpy as np

from faraday.v1 import finite_element_pb2 as pb
from models.base import Evidence, Refusal
from models.fem.export.task import SPEC, ExportResult
from router.call import Reply
from router.codec.finite_element.export import ExportCodec
from tests.unit.router.codec.finite_element.asking import write

CODEC = ExportCodec()


def test_a_file_is_answered_as_it_is_and_a_repeat_says_so() -> None:
    request = pb.ExportRequest()
    write(SPEC.example(), request)
    question = CODEC.decode(request.SerializeToString())
    result = ExportResult(content=np.frombuffer(b"<VTKFile>", np.uint8), evidence=Evidence(method="vtu"))
    answer = CODEC.encode(Reply(SPEC.name, "1", result, result.evidence, "", 0.0), question)
    for body, replayed in ((answer, False), (CODEC.replayed(answer, question), True)):
        response = pb.ExportResponse.FromString(body)
        assert (response.content, response.evidence.replayed) == (b"<VTKFile>", replayed)


def test_a_refusal_names_the_field_of_the_request() -> None:
    request = pb.ExportRequest()
    write(SPEC.example(), request)
    refusal = Refusal("OUT_OF_RANGE", "is too large", "values[3]")
    assert CODEC.refusal(refusal, CODEC.decode(request.SerializeToString())) is refusal
