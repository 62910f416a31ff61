"""SolveInPieces: an answer whose large tensors come after it, each in order and whole."""

from __future__ import annotations

import numpy as np
import pytest

from faraday.v1 import finite_element_pb2 as pb
from models.base import Refusal, Result
from models.fem.transport.solve import TransportSolver
from router.call import Question, Reply
from router.codec.finite_element.pieces import LEAST, MOST, PiecesCodec
from router.codec.finite_element.solve import SolveCodec
from router.errors import Malformed
from tests.unit.router.codec.finite_element.asking import nothing_kept, tensor

CODEC = PiecesCodec(nothing_kept)
PROBLEM = pb.SolveRequest(
    mesh=pb.Mesh(structured=pb.Structured(divisions=tensor([40, 30], "int64"), shape="square")),
    transport=pb.Transport(diffusivity=tensor([2.0]), conditions="boundary: u = x"),
)


def asked(piece_bytes: int | None = None) -> tuple[Question, int]:
    return CODEC.decode(pb.SolveInPiecesRequest(request=PROBLEM, piece_bytes=piece_bytes).SerializeToString())


def answered(question: Question) -> Reply:
    [result] = TransportSolver("cpu").run([question.task])  # type: ignore[list-item]
    assert isinstance(result, Result), result
    return Reply(question.model, "1", result, result.evidence, "", 0.0)


def test_the_pieces_make_the_answer_that_solve_gives() -> None:
    question, size = asked(LEAST)
    reply = answered(question)
    messages = [pb.SolveInPiecesResponse.FromString(each) for each in CODEC.messages(reply, size)]
    whole = pb.SolveResponse.FromString(SolveCodec(nothing_kept).encode(reply, question))
    made = messages[0].response
    slots = {"solution": made.solution, "points": made.points, "cells": made.cells}
    slots |= {output.name: output.tensor for output in made.outputs}
    assert not slots["solution"].data and list(slots["solution"].shape) == [41 * 31]
    for message in messages[1:]:
        assert 0 < len(message.piece.data) <= LEAST
        assert message.piece.offset_bytes == len(slots[message.piece.name].data)
        slots[message.piece.name].data += message.piece.data
    assert made == whole


def test_what_is_small_comes_at_once_and_a_dry_run_brings_the_evidence_alone() -> None:
    question, size = asked()
    assert len(list(CODEC.messages(answered(question), size))) == 1
    nothing = Reply("fem.transport", "1", None, answered(question).evidence, "", 0.0)
    [only] = CODEC.messages(nothing, size)
    assert pb.SolveInPiecesResponse.FromString(only).response.evidence.model == "fem.transport"


@pytest.mark.parametrize("size", [0, LEAST - 1, MOST + 1])
def test_pieces_of_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(Malformed) as refused:
        asked(size)
    assert refused.value.field == "piece_bytes"


def test_a_refusal_is_spelt_as_solve_spells_it() -> None:
    question, _ = asked()
    assert CODEC.refusal(Refusal("WRONG", "is", "diffusivity"), question).field == "transport.diffusivity"


def test_an_array_of_no_elements_has_no_pieces() -> None:
    question, _ = asked(LEAST)
    reply = answered(question)
    names = {pb.SolveInPiecesResponse.FromString(each).piece.name for each in list(CODEC.messages(reply, LEAST))[1:]}
    assert np.all([name in ("solution", "points", "cells", "flux", "peclet", "cell_estimate") for name in names])
