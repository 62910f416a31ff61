"""EstimateErrorRequest to the task of certification, its result to EstimateErrorResponse."""

from __future__ import annotations

import numpy as np
import pytest

from faraday.v1 import common_pb2
from faraday.v1 import finite_element_pb2 as pb
from models.base import Evidence, Refusal
from models.fem.certify import Certifier
from models.fem.certify_task import SPEC, CertifyResult, CertifyTask
from router.call import Reply
from router.codec.finite_element.estimates import EstimateCodec
from tests.unit.router.codec.finite_element.asking import array, nothing_kept, same, tensor, write

CODEC = EstimateCodec(nothing_kept)


def request(task: CertifyTask) -> pb.EstimateErrorRequest:
    message = pb.EstimateErrorRequest(element=pb.ELEMENT_P1)
    message.mesh.unit_square.CopyFrom(pb.UnitSquare(x_count=4, y_count=4))
    for part in (message, message.diffusion):
        write(task, part)
    return message


def example() -> CertifyTask:
    task = SPEC.example()
    assert isinstance(task, CertifyTask)
    return task


def test_a_request_is_the_task_that_was_meant() -> None:
    question = CODEC.decode(request(example()).SerializeToString())
    assert question.model == "fem.diffusion.certify"
    assert same(question.task, example())


def test_an_answer_holds_the_shares_and_the_bound() -> None:
    question = CODEC.decode(request(example()).SerializeToString())
    [result] = Certifier("cpu").run([example()])
    assert isinstance(result, CertifyResult)
    reply = Reply(SPEC.name, "1", result, result.evidence, "", 0.0)
    response = pb.EstimateErrorResponse.FromString(CODEC.encode(reply, question))
    np.testing.assert_array_equal(array(response.cell_bound), result.cell_bound, strict=True)
    assert response.evidence.error_bound.kind == common_pb2.BOUND_KIND_GUARANTEED


def test_refusals_name_the_request_s_own_fields() -> None:
    message = request(example())
    message.field.CopyFrom(tensor([1.0]))
    with pytest.raises(Refusal) as caught:
        CODEC.decode(message.SerializeToString())
    assert (caught.value.reason, caught.value.field) == ("WRONG_SIZE", "field")
    message = request(example())
    message.bound = "none"
    with pytest.raises(Refusal) as caught:
        CODEC.decode(message.SerializeToString())
    assert (caught.value.reason, caught.value.field) == ("UNKNOWN_CHOICE", "bound")
    question = CODEC.decode(request(example()).SerializeToString())
    assert CODEC.refusal(Refusal("WRONG", "is wrong", "source[3]"), question).field == "diffusion.source[3]"


def test_a_stored_answer_is_marked_and_a_dry_run_has_no_shares() -> None:
    question = CODEC.decode(request(example()).SerializeToString())
    nothing = Reply(SPEC.name, "1", None, Evidence(), "", 0.0)
    response = pb.EstimateErrorResponse.FromString(CODEC.replayed(CODEC.encode(nothing, question), question))
    assert response.evidence.replayed
    assert not response.HasField("cell_bound")
