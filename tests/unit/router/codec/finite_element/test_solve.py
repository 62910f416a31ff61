"""SolveRequest and SolveResponse: today's bytes mean what they meant, and refusals name the request's own fields."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from google.rpc.status_pb2 import Status

from faraday.v1 import common_pb2
from faraday.v1 import finite_element_pb2 as pb
from models.base import Evidence, Refusal
from models.fem import inverse_task
from models.fem.elasticity.task import ElasticityTask
from models.fem.own_mesh import OwnMesh
from models.fem.task import DiffusionResult, DiffusionTask
from router.call import Reply
from router.codec.finite_element.solve import SolveBatchCodec, SolveCodec, failed
from router.errors import Malformed
from tests.unit.router.codec.finite_element.asking import nothing_kept, same, solve_request, tensor

CODEC = SolveCodec(nothing_kept)

# Written by the first stubs of this service: unit square 1 × 2, P2, k = 2, u = 0.5 and 0.25 at points 0 and 1.
FIRST_REQUEST = bytes.fromhex(
    "0a280a2436663163326433652d303030302d343030302d383030302d303030303030303030303031180112060a0408011002180222430a0f0801"
    "1201011a080000000000000040221708031201021a10000000000000000001000000000000002a1708011201021a10000000000000e03f000000"
    "000000d03f"
)
# u = 1 at (0, 1), one cell, a bound of 0.5, evidence of fem.diffusion.
FIRST_RESPONSE = bytes.fromhex(
    "0a0f08011201011a08000000000000f03f12180801120201021a100000000000000000000000000000f03f1a200803120201031a180000000000"
    "00000001000000000000000200000000000000220f08011201011a08000000000000e03f2a0f120d66656d2e646966667573696f6e"
)
DIFFUSION = DiffusionTask(
    divisions=np.array([1, 2]),
    degree=2,
    conductivity=np.array([2.0]),
    dirichlet_points=np.array([0, 1]),
    dirichlet_values=np.array([0.5, 0.25]),
)
SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
CELLS = np.array([[0, 1, 3], [0, 3, 2]])


def test_the_first_requests_still_mean_what_they_meant() -> None:
    question = CODEC.decode(FIRST_REQUEST)
    assert same(question.task, DIFFUSION)
    assert (question.model, question.validate_only) == ("fem.diffusion", True)
    assert question.request_id == "6f1c2d3e-0000-4000-8000-000000000001"


def test_a_first_client_still_reads_the_answer() -> None:
    result = DiffusionResult(
        u=np.array([1.0]), points=np.array([[0.0, 1.0]]), cells=np.array([[0, 1, 2]]), cell_bound=np.array([0.5])
    )
    question = CODEC.decode(FIRST_REQUEST)
    response = pb.SolveResponse.FromString(CODEC.encode(reply(result), question))
    response.evidence.CopyFrom(common_pb2.Evidence(model="fem.diffusion"))
    assert response.SerializeToString(deterministic=True) == FIRST_RESPONSE


def reply(result: DiffusionResult | None) -> Reply:
    return Reply("fem.diffusion", "1", result, Evidence(), "", 0.0)


def test_an_answer_that_was_only_validated_holds_evidence_alone() -> None:
    response = pb.SolveResponse.FromString(CODEC.encode(reply(None), CODEC.decode(FIRST_REQUEST)))
    assert [field.name for field, _ in response.ListFields()] == ["evidence"]
    assert response.evidence.outcome == common_pb2.OUTCOME_VALIDATED


@pytest.mark.parametrize("codec", [CODEC, SolveBatchCodec(nothing_kept)])
def test_a_stored_answer_is_marked_as_replayed(codec: SolveCodec | SolveBatchCodec) -> None:
    question = CODEC.decode(FIRST_REQUEST)
    marked = codec.replayed(codec.encode(reply(None), question), question)
    if codec is CODEC:
        response = pb.SolveResponse.FromString(marked)
    else:
        response = pb.SolveBatchResponse.FromString(marked).response
    assert (response.evidence.replayed, response.evidence.model) == (True, "fem.diffusion")


def elastic(**changes: object) -> ElasticityTask:
    fields = {
        "nodes": SQUARE,
        "cells": CELLS,
        "young_modulus": np.ones(1),
        "poisson_ratio": np.array([0.3]),
        "fixed_points": np.array([0, 0, 1]),
        "fixed_axes": np.array([0, 1, 1]),
        "fixed_values": np.zeros(3),
        "plane": "stress",
    }
    return ElasticityTask(**{**fields, **changes})


def test_an_element_that_is_not_set_is_the_problem_s_own() -> None:
    request = solve_request("elasticity", elastic())
    request.element = pb.ELEMENT_UNSPECIFIED
    assert same(CODEC.decode(request.SerializeToString()).task, elastic(degree=2))


def test_a_number_that_is_not_set_is_the_problem_s_own() -> None:
    request = solve_request("elasticity", elastic())
    request.elasticity.ClearField("plane")
    assert same(CODEC.decode(request.SerializeToString()).task, elastic(plane="strain"))


def refused(request: pb.SolveRequest) -> Refusal:
    with pytest.raises(Refusal) as caught:
        CODEC.decode(request.SerializeToString())
    return caught.value


def change_lengths(request: pb.SolveRequest) -> None:
    request.mesh.structured.divisions.CopyFrom(tensor([1, 1], "int64"))
    request.mesh.structured.lengths.CopyFrom(tensor([1.0, -1.0]))


WRONG: list[tuple[Callable[[pb.SolveRequest], object], str, str]] = [
    (lambda r: r.elasticity.ClearField("young_modulus"), "MISSING_TENSOR", "elasticity.young_modulus"),
    (lambda r: r.elasticity.poisson_ratio.CopyFrom(tensor([0.7])), "OUT_OF_RANGE", "elasticity.poisson_ratio[0]"),
    (lambda r: setattr(r.elasticity, "plane", "sheet"), "UNKNOWN_CHOICE", "elasticity.plane"),
    (lambda r: setattr(r, "element", 7), "UNKNOWN_CHOICE", "element"),
    (lambda r: r.ClearField("mesh"), "MESH_AMBIGUOUS", "mesh.unit_square"),
    (lambda r: r.mesh.cells.ClearField("nodes"), "MESH_AMBIGUOUS", "mesh.cells.cells"),
    (lambda r: r.mesh.cells.cells.CopyFrom(tensor([[0, 1, 9]], "int64")), "OUT_OF_RANGE", "mesh.cells.cells[0, 2]"),
    (lambda r: r.mesh.triangles.cells.CopyFrom(tensor([[0, 1, 2]], "int64")), "MESH_AMBIGUOUS", "mesh.triangles.cells"),
    (lambda r: setattr(r.mesh.unit_square, "x_count", -1), "OUT_OF_RANGE", "mesh.unit_square[0]"),
    (change_lengths, "NOT_POSITIVE", "mesh.structured.lengths[1]"),
]


@pytest.mark.parametrize(("change", "reason", "field"), WRONG)
def test_a_refusal_names_the_field_of_the_request(
    change: Callable[[pb.SolveRequest], object], reason: str, field: str
) -> None:
    request = solve_request("elasticity", elastic())
    change(request)
    refusal = refused(request)
    assert (refusal.reason, refusal.field) == (reason, field)


def test_what_a_problem_does_not_take_is_refused_where_it_was_sent() -> None:
    request = solve_request("diffusion", DIFFUSION)
    request.mesh.structured.lengths.CopyFrom(tensor([1.0, 2.0]))
    refusal = refused(request)
    assert (refusal.reason, refusal.field) == ("UNKNOWN_INPUT", "mesh.structured.lengths")


@pytest.mark.parametrize(
    ("kind", "field", "path"),
    [
        ("cells", "cells[3]", "mesh.cells.cells[3]"),
        ("triangles", "nodes[1]", "mesh.triangles.nodes[1]"),
        ("mesh_id", "cells[3]", "mesh.mesh_id.cells[3]"),
        ("unit_square", "dirichlet_points[2]", "diffusion.dirichlet_points[2]"),
        ("unit_square", "", ""),
    ],
)
def test_so_does_a_refusal_of_the_model(kind: str, field: str, path: str) -> None:
    request = solve_request("diffusion", DIFFUSION)
    if kind == "mesh_id":
        request.mesh.mesh_id = "kept"
    elif kind == "unit_square":
        request.mesh.unit_square.CopyFrom(pb.UnitSquare(x_count=1, y_count=2))
    else:
        mesh = getattr(request.mesh, kind)
        mesh.nodes.CopyFrom(tensor(SQUARE))
        mesh.cells.CopyFrom(tensor(CELLS, "int64"))
    codec = SolveCodec(lambda mesh_id: OwnMesh(shape="own", nodes=SQUARE, cells=CELLS))
    question = codec.decode(request.SerializeToString())
    assert codec.refusal(Refusal("WRONG", "is wrong", field, {"a": "b"}), question).field == path
    assert question.expanded_bytes == (SQUARE.nbytes + CELLS.nbytes if kind == "mesh_id" else 0)


def test_no_problem_is_malformed_and_says_which_there_are() -> None:
    with pytest.raises(Malformed, match=r"diffusion.*elasticity"):
        CODEC.decode(b"")


def test_a_stream_wraps_what_is_asked_and_answered() -> None:
    codec = SolveBatchCodec(nothing_kept)
    wrapped = pb.SolveBatchRequest(request=solve_request("diffusion", DIFFUSION)).SerializeToString()
    question = codec.decode(wrapped)
    assert same(question.task, DIFFUSION)
    assert pb.SolveBatchResponse.FromString(codec.encode(reply(None), question)).response.evidence.model
    assert codec.refusal(Refusal("WRONG", "is wrong", "conductivity"), question).field == "diffusion.conductivity"
    error = pb.SolveBatchResponse.FromString(failed(Status(code=3, message="no")))
    assert (error.WhichOneof("outcome"), error.error.code) == ("error", 3)


SESSION = "6f1c2d3e-0000-4000-8000-000000000002"


def test_a_solve_may_name_its_session() -> None:
    message = solve_request("diffusion", DIFFUSION)
    message.session = SESSION
    question = CODEC.decode(message.SerializeToString())
    assert same(question.task, dataclasses.replace(DIFFUSION, session=SESSION))
    assert question.task.affinity == SESSION
    message.session = "mine"
    with pytest.raises(Refusal) as caught:
        CODEC.decode(message.SerializeToString())
    assert (caught.value.reason, caught.value.field) == ("NOT_A_UUID", "session")


def test_a_problem_without_sessions_refuses_one() -> None:
    message = solve_request("elasticity", elastic())
    message.session = SESSION
    with pytest.raises(Refusal) as caught:
        CODEC.decode(message.SerializeToString())
    assert (caught.value.reason, caught.value.field) == ("UNKNOWN_INPUT", "session")


def test_a_problem_with_a_session_of_its_own_refuses_another() -> None:
    """Which of the two would hold could not be told."""
    message = solve_request("diffusion_inverse", inverse_task.SPEC.example())
    message.session = SESSION
    with pytest.raises(Malformed, match=r"diffusion_inverse\.session") as caught:
        CODEC.decode(message.SerializeToString())
    assert caught.value.field == "session"
