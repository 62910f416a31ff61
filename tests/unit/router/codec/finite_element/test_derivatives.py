"""DifferentiateRequest, EvaluateFunctionalRequest and their answers."""

from __future__ import annotations

import uuid
from dataclasses import replace

import numpy as np
import pytest

from faraday.v1 import common_pb2
from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Refusal, Result
from models.fem.gradient import GradientSolver
from models.fem.gradient_task import GradientResult, GradientTask
from models.fem.transport.solve import TransportSolver
from models.fem.transport.task import TransportResult, TransportTask
from router.call import Question, Reply
from router.codec.finite_element.derivatives import DifferentiateCodec, EvaluateCodec
from router.codec.finite_element.problems import DERIVATIVES
from router.errors import Malformed
from tests.unit.router.codec.finite_element.asking import array, nothing_kept, same, tensor, write

DIFFERENTIATE, EVALUATE = DifferentiateCodec(nothing_kept), EvaluateCodec(nothing_kept)
SESSION = str(uuid.UUID(int=7, version=4))
TASK = GradientTask(
    divisions=np.array([2, 2]),
    degree=1,
    conductivity=np.ones(8),
    source=np.ones(1),
    dirichlet_points=np.array([0, 1, 2]),
    dirichlet_values=np.zeros(3),
    neumann_edges=np.array([[6, 7]]),
    neumann_values=np.ones((1, 1)),
    cotangent=np.arange(9.0),
    measured_points=np.array([4]),
    measured_values=np.array([0.5]),
    measured_deviations=np.array([2.0]),
    conductivity_tangent=np.ones(1),
    source_tangent=np.ones(9),
    cell_source_tangent=np.ones(8),
    dirichlet_tangent=np.ones(3),
    neumann_tangent=np.ones((1, 3)),
    session=SESSION,
)


def request(task: GradientTask = TASK) -> pb.DifferentiateRequest:
    message = pb.DifferentiateRequest(session=task.session, element=pb.ELEMENT_P1)
    message.mesh.unit_square.CopyFrom(pb.UnitSquare(x_count=2, y_count=2))
    for part in (message.diffusion, message.functional, message.diffusion_tangent):
        write(task, part)
    return message


def answered(question: Question) -> Reply:
    assert isinstance(question.task, GradientTask)
    [result] = GradientSolver("cpu").run([question.task])
    assert isinstance(result, Result), result
    return Reply(question.model, "1", result, result.evidence, "", 0.0)


def test_every_field_of_the_task_has_its_place() -> None:
    question = DIFFERENTIATE.decode(request().SerializeToString())
    assert question.model == "fem.diffusion.gradient"
    assert same(question.task, TASK)


def test_an_answer_has_each_derivative_under_the_name_of_the_data() -> None:
    question = DIFFERENTIATE.decode(request().SerializeToString())
    reply = answered(question)
    result = reply.result
    assert isinstance(result, GradientResult)
    response = pb.DifferentiateResponse.FromString(DIFFERENTIATE.encode(reply, question))
    assert response.value == result.functional[0]
    assert result.u_tangent is not None
    for tensor_, expected in (
        (response.solution, result.u),
        (response.adjoint, result.adjoint),
        (response.solution_tangent, result.u_tangent),
    ):
        np.testing.assert_array_equal(array(tensor_), expected, strict=True)
    gradients = {each.name: array(each.tensor) for each in response.gradients}
    assert list(gradients) == ["conductivity", "source", "cell_source", "dirichlet_values", "neumann_values"]
    np.testing.assert_array_equal(gradients["conductivity"], result.conductivity_gradient)
    np.testing.assert_array_equal(gradients["neumann_values"], result.neumann_gradient, strict=True)


def test_without_a_tangent_there_is_none_in_the_answer() -> None:
    message = request()
    message.ClearField("diffusion_tangent")
    question = DIFFERENTIATE.decode(message.SerializeToString())
    response = pb.DifferentiateResponse.FromString(DIFFERENTIATE.encode(answered(question), question))
    assert not response.HasField("solution_tangent")


def test_an_evaluation_tells_the_value_alone() -> None:
    question = EVALUATE.decode(request().SerializeToString())  # what it does not know, the tangent, is left aside
    assert isinstance(question.task, GradientTask)
    assert not question.task.has_tangent
    reply = answered(question)
    assert isinstance(reply.result, GradientResult)
    response = pb.EvaluateFunctionalResponse.FromString(EVALUATE.encode(reply, question))
    assert response.value == reply.result.functional[0]
    assert response.evidence.model == "fem.diffusion.gradient"


@pytest.mark.parametrize("codec", [DIFFERENTIATE, EVALUATE])
def test_refusals_name_the_part_of_the_request(codec: DifferentiateCodec | EvaluateCodec) -> None:
    message = request()
    message.functional.cotangent.CopyFrom(tensor([1.0]))
    with pytest.raises(Refusal) as caught:
        codec.decode(message.SerializeToString())
    assert caught.value.field == "functional.cotangent"
    message = request()
    message.session = "mine"
    with pytest.raises(Refusal) as caught:
        codec.decode(message.SerializeToString())
    assert caught.value.field == "session"
    question = codec.decode(request().SerializeToString())
    assert codec.refusal(Refusal("WRONG", "is", "dirichlet_points[1]"), question).field == (
        "diffusion.dirichlet_points[1]"
    )


def test_a_tangent_that_does_not_fit_is_named_too() -> None:
    message = request()
    message.diffusion_tangent.conductivity_tangent.CopyFrom(tensor(np.ones(5)))
    with pytest.raises(Refusal) as caught:
        DIFFERENTIATE.decode(message.SerializeToString())
    assert caught.value.field == "diffusion_tangent.conductivity_tangent"


def test_stored_and_validated_answers_say_so() -> None:
    question = DIFFERENTIATE.decode(request().SerializeToString())
    nothing = Reply("fem.diffusion.gradient", "1", None, answered(question).evidence, "", 0.0)
    for codec, kind in ((DIFFERENTIATE, pb.DifferentiateResponse), (EVALUATE, pb.EvaluateFunctionalResponse)):
        response = kind.FromString(codec.replayed(codec.encode(nothing, question), question))
        assert response.evidence.replayed
        assert response.evidence.outcome == common_pb2.OUTCOME_VALIDATED
        assert response.value == 0.0


TRANSPORT = pb.Transport(diffusivity=tensor([2.0]), conditions="left: u = 0; right: u = 1")
SQUARE = pb.Mesh(structured=pb.Structured(divisions=tensor([2, 2], "int64"), shape="square"))


def of_transport(**functional: object) -> pb.DifferentiateRequest:
    return pb.DifferentiateRequest(mesh=SQUARE, transport=TRANSPORT, functional=pb.Functional(**functional))


def answered_by_transport(question: Question) -> Reply:
    assert isinstance(question.task, TransportTask)
    [result] = TransportSolver("cpu").run([question.task])
    assert isinstance(result, Result), result
    return Reply(question.model, "1", result, result.evidence, "", 0.0)


def test_other_problems_are_differentiated_by_the_models_that_solve_them() -> None:
    """J = ∫ k ∂u/∂n over the right side, and ∂J/∂k = ∂(k)/∂k for u = x: the derivatives by cells sum up to 1."""
    message = of_transport(integrals="right: diffusivity*dn(u)")
    question = DIFFERENTIATE.decode(message.SerializeToString())
    assert question.model == "fem.transport"
    response = pb.DifferentiateResponse.FromString(DIFFERENTIATE.encode(answered_by_transport(question), question))
    assert response.value == pytest.approx(2.0)
    assert sorted(array(response.solution)) == pytest.approx([0, 0, 0, 0.5, 0.5, 0.5, 1, 1, 1])
    gradients = {each.name: array(each.tensor) for each in response.gradients}
    assert list(gradients) == ["diffusivity", "reaction", "source", "prescribed"]
    assert gradients["diffusivity"].sum() == pytest.approx(1.0)
    assert not response.HasField("adjoint")


def test_an_evaluation_of_theirs_asks_for_no_gradient() -> None:
    body = of_transport(integrals="cells: u").SerializeToString()
    question = EVALUATE.decode(body)
    reply = answered_by_transport(question)
    response = pb.EvaluateFunctionalResponse.FromString(EVALUATE.encode(reply, question))
    assert response.value == pytest.approx(0.5)
    assert isinstance(reply.result, TransportResult) and reply.result.diffusivity_gradient is None


@pytest.mark.parametrize("codec", [DIFFERENTIATE, EVALUATE])
def test_what_says_no_functional_is_refused(codec: DifferentiateCodec | EvaluateCodec) -> None:
    with pytest.raises(Refusal) as caught:
        codec.decode(of_transport().SerializeToString())
    assert (caught.value.reason, caught.value.field) == ("MISSING_TENSOR", "functional")


@pytest.mark.parametrize(
    ("said", "reason", "field"),
    [
        ({"integrals": "cells: v"}, "MALFORMED_EXPRESSION", "functional.integrals[0]"),
        ({"measured_points": tensor([0], "int64")}, "UNKNOWN_INPUT", "functional.measured_points"),
    ],
)
def test_a_functional_is_refused_where_it_is_said(said: dict[str, object], reason: str, field: str) -> None:
    with pytest.raises(Refusal) as caught:
        DIFFERENTIATE.decode(of_transport(**said).SerializeToString())
    assert (caught.value.reason, caught.value.field) == (reason, field)


def test_a_cotangent_belongs_to_the_functional() -> None:
    message = of_transport(integrals="cells: u")
    message.transport.cotangent.CopyFrom(tensor(np.ones(9)))
    with pytest.raises(Malformed, match=r"functional\.cotangent"):
        DIFFERENTIATE.decode(message.SerializeToString())


def test_a_refusal_by_the_model_is_spelt_as_the_request_is() -> None:
    question = DIFFERENTIATE.decode(of_transport(integrals="up: u").SerializeToString())
    refusal = Refusal("UNKNOWN_BOUNDARY", "is none", "integrals[0]")
    assert DIFFERENTIATE.refusal(refusal, question).field == "functional.integrals[0]"
    assert EVALUATE.refusal(refusal, question).field == "functional.integrals[0]"


def test_a_tangent_alone_is_differentiated_and_not_evaluated() -> None:
    message = of_transport()
    message.transport.diffusivity_tangent.CopyFrom(tensor([1.0]))
    question = DIFFERENTIATE.decode(message.SerializeToString())
    response = pb.DifferentiateResponse.FromString(DIFFERENTIATE.encode(answered_by_transport(question), question))
    np.testing.assert_allclose(array(response.solution_tangent), 0, atol=1e-12)  # u = x, whatever k
    assert (response.value, list(response.gradients)) == (0.0, [])
    with pytest.raises(Refusal) as caught:
        EVALUATE.decode(message.SerializeToString())
    assert caught.value.reason == "MISSING_TENSOR"


@pytest.mark.parametrize("name", DERIVATIVES)
def test_every_problem_that_is_differentiated_has_a_value_and_a_solution(name: str) -> None:
    """With a cotangent of ones beside the example, wherever its model has a field for one."""
    row = DERIVATIVES[name]
    model, example = row.spec.load("cpu"), row.spec.example()
    names = [each for each in ("cotangent", "velocity_cotangent") if each in schema.tensors(row.spec.task)]
    [plain] = model.run([example])
    assert isinstance(plain, Result), plain
    shape = plain.eigenvalues.shape if name == "modes" else getattr(plain, row.solution).shape  # type: ignore[attr-defined]
    [result] = model.run([replace(example, **{each: np.ones(shape) for each in names})])
    assert isinstance(result, Result), result
    reply = Reply(row.spec.name, "1", result, result.evidence, "", 0.0)
    question = Question(model=row.spec.name, task=example)
    response = pb.DifferentiateResponse.FromString(DIFFERENTIATE.encode(reply, question))
    assert response.value != 0 and len(response.gradients) > 0 and response.HasField("solution")
    assert pb.EvaluateFunctionalResponse.FromString(EVALUATE.encode(reply, question)).value == response.value
