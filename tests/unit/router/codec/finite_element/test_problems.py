"""Every finite element model of the catalogue has its row, its message what its task declares, and nothing is lost.

One suite over all rows: a problem that is added is tested by being there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import given
from hypothesis import strategies as st

from faraday.v1 import common_pb2
from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Refusal, Result, Spec
from models.catalog import CATALOG
from models.fem.domain.task import DomainTask
from models.fem.export import task as export_task
from router.call import Reply
from router.codec.common import parse
from router.codec.finite_element import export, making, meshes
from router.codec.finite_element.derivatives import DifferentiateCodec, EvaluateCodec
from router.codec.finite_element.estimates import EstimateCodec
from router.codec.finite_element.export import ExportCodec
from router.codec.finite_element.listing import described
from router.codec.finite_element.problems import (
    DERIVATIVES,
    ELSEWHERE,
    ESTIMATES,
    EVALUATIONS,
    MAKINGS,
    PROBLEMS,
    Derivative,
    Estimate,
    Evaluation,
    Making,
    Problem,
)
from router.codec.finite_element.solve import SolveBatchCodec, SolveCodec
from router.codec.finite_element.uploads import mesh_of
from router.errors import Malformed, UnknownMesh
from tests.support.message_draft import drafted, row_name
from tests.unit.router.codec.finite_element.asking import (
    nothing_kept,
    same,
    solve_request,
    tensors_of,
    write,
)

TABLE = "router/codec/finite_element/problems.py"
PROTO = "protos/faraday/v1/finite_element.proto"
TENSOR = common_pb2.Tensor.DESCRIPTOR.full_name
SCALARS = {
    float: FieldDescriptor.TYPE_DOUBLE,
    int: FieldDescriptor.TYPE_INT64,
    bool: FieldDescriptor.TYPE_BOOL,
    str: FieldDescriptor.TYPE_STRING,
}
CODEC = SolveCodec(nothing_kept)

every_problem = pytest.mark.parametrize("row", PROBLEMS.values(), ids=PROBLEMS)
every_derivative = pytest.mark.parametrize("row", DERIVATIVES.values(), ids=DERIVATIVES)


def test_every_finite_element_model_has_a_row() -> None:
    served = {row.spec.name for row in (*PROBLEMS.values(), *DERIVATIVES.values(), *ESTIMATES.values())}
    known = served | ELSEWHERE.keys()
    missing = [spec for name, spec in CATALOG.items() if name.startswith("fem.") and name not in known]
    assert missing == [], f"{TABLE}, {PROTO}:\n\n" + "\n".join(map(drafted, missing))


def test_what_poses_no_problem_is_asked_by_a_method_of_the_contract() -> None:
    methods = pb.DESCRIPTOR.services_by_name["FiniteElementService"].methods_by_name
    assert {*ELSEWHERE.values()} <= {*methods}
    assert ELSEWHERE.keys() <= CATALOG.keys()


@every_problem
def test_a_row_bears_the_name_of_its_model(row: Problem) -> None:
    """So that whoever knows one knows the other: fem.diffusion.inverse is diffusion_inverse."""
    assert row.name == row_name(row.spec)
    assert CATALOG[row.spec.name] is row.spec


@every_problem
def test_a_draft_of_its_message_has_the_fields_that_it_has(row: Problem) -> None:
    """So that a draft of one that is missing can be trusted."""
    drafts = re.findall(r"^  (optional \w+|Tensor) (\w+) = \d+;$", drafted(row.spec), re.MULTILINE)
    fields = message_of(pb.SolveRequest.DESCRIPTOR, row.name).fields
    assert {name for _, name in drafts} - set(row.layout.own) == {field.name for field in fields}


def message_of(request: Descriptor, path: str) -> Descriptor:
    return request.fields_by_name[path].message_type


def check_fields(
    spec: Spec, messages: list[Descriptor], own: tuple[str, ...] = (), leave: tuple[str, ...] = ()
) -> None:
    """The messages, the mesh and the element have the task's fields, all of them, with their types; `leave` is none."""
    tensors, scalars = schema.tensors(spec.task), schema.scalars(spec.task)
    fields = {field.name: field for message in messages for field in message.fields if field.name not in leave}
    known = {*tensors, *scalars}
    assert fields.keys() <= known, f"{PROTO}: {spec.name} declares no {sorted(fields.keys() - known)}"
    missing = known - fields.keys() - meshes.FIELDS - {"degree", *own}
    assert missing == set(), f"{PROTO}: the message of {spec.name} lacks {sorted(missing)}"
    for name, field in fields.items():
        where = f"{PROTO}: {field.full_name}"
        if field.type == FieldDescriptor.TYPE_BYTES:
            assert (tensors[name].dtype, tensors[name].shape) == ("uint8", (-1,)), where
        elif name in tensors:
            assert field.message_type is not None and field.message_type.full_name == TENSOR, where
            assert dtype_said(field) == tensors[name].dtype, where
        else:
            assert field.type == SCALARS[type(scalars[name].default)], where
            assert field.has_presence, f"{where}: write `optional`, so that the task's own default holds"


@every_problem
def test_its_message_has_the_fields_of_the_task(row: Problem) -> None:
    check_fields(row.spec, [message_of(pb.SolveRequest.DESCRIPTOR, row.name)], row.layout.own)


@every_derivative
def test_so_has_what_is_differentiated(row: Derivative) -> None:
    request = pb.DifferentiateRequest.DESCRIPTOR
    messages = [message_of(request, path) for path in row.layout.parts]
    check_fields(row.spec, messages, (*row.layout.own, "derivatives"), leave=of_other_problems(row.spec))
    assert {row.solution, *row.gradients.values()} <= schema.tensors(row.spec.result).keys()


def of_other_problems(spec: Spec) -> tuple[str, ...]:
    """What of a functional this problem refuses as unknown."""
    known = {*schema.tensors(spec.task), *schema.scalars(spec.task)}
    return tuple(field.name for field in pb.Functional.DESCRIPTOR.fields if field.name not in known)


@pytest.mark.parametrize("row", EVALUATIONS.values(), ids=EVALUATIONS)
def test_so_has_what_is_evaluated(row: Evaluation) -> None:
    messages = [message_of(pb.EvaluateFunctionalRequest.DESCRIPTOR, path) for path in row.layout.parts]
    tangents = message_of(pb.DifferentiateRequest.DESCRIPTOR, "diffusion_tangent").fields
    own = (*row.layout.own, "derivatives", "by_nodes", *(field.name for field in tangents))
    check_fields(row.spec, messages, own, leave=of_other_problems(row.spec))


def test_data_that_are_differentiated_bear_their_own_names() -> None:
    """Of diffusion; nodes are the mesh's."""
    row = DERIVATIVES["diffusion"]
    assert row.gradients.keys() - {"nodes"} <= {
        field.name for field in message_of(pb.DifferentiateRequest.DESCRIPTOR, "diffusion").fields
    }


@pytest.mark.parametrize("row", ESTIMATES.values(), ids=ESTIMATES)
def test_so_has_what_is_estimated(row: Estimate) -> None:
    request = pb.EstimateErrorRequest.DESCRIPTOR
    check_fields(row.spec, [message_of(request, row.name)], row.layout.own)
    own = [request.fields_by_name[name] for name in row.layout.own]
    assert dtype_said(own[0]) == schema.tensors(row.spec.task)["field"].dtype
    assert own[1].has_presence


@pytest.mark.parametrize("row", MAKINGS.values(), ids=MAKINGS)
def test_so_has_what_a_mesh_is_made_of(row: Making) -> None:
    """A mesh to begin with has its own message; elements and conditions say nothing of a mesh."""
    source = message_of(pb.CreateMeshRequest.DESCRIPTOR, row.name)
    names = row.layout.parts[row.name]
    assert {field.name for field in source.fields} - {*names} <= {"mesh"}
    check_fields(row.spec, [source], own=("conditions",), leave=("mesh",))


def test_so_has_what_is_exported() -> None:
    check_fields(export_task.SPEC, [pb.ExportRequest.DESCRIPTOR], leave=("options",))
    assert {*export.LAYOUT.own} == {field.name for field in pb.ExportRequest.DESCRIPTOR.fields} - {"options"}


def test_what_is_differentiated_without_a_tangent_is_evaluated() -> None:
    fields, others = (kind.DESCRIPTOR.fields for kind in (pb.EvaluateFunctionalRequest, pb.DifferentiateRequest))
    both = {
        (field.name, field.number, field.message_type)
        for field in others
        if field.name not in ("diffusion_tangent", "by_nodes")
    }
    assert both <= {(field.name, field.number, field.message_type) for field in fields}
    assert {*EVALUATIONS} == {
        field.name for field in pb.EvaluateFunctionalRequest.DESCRIPTOR.oneofs_by_name["problem"].fields
    }


def test_the_fields_of_meshes_are_those_of_tasks_on_any_domain() -> None:
    """And no others: what a task declares of its domain beyond these would have no place in a request."""
    declared = {*schema.tensors(DomainTask), *schema.scalars(DomainTask)}
    assert declared - {"degree", "conditions"} == meshes.FIELDS


@cache
def comments() -> dict[tuple[str, str], str]:
    """The comment above each field of each message, by their names; the stubs have none."""
    source = (Path(pb.__file__).with_name("finite_element.proto")).read_text()
    found = {}
    for message in re.finditer(r"^message (\w+) \{\n(.*?)^\}", source, re.MULTILINE | re.DOTALL):
        for field in re.finditer(r"((?:^ *//.*\n)+) *(?:optional )?\w+ (\w+) = \d+;", message[2], re.MULTILINE):
            found[message[1], field[2]] = re.sub(r"^ *// ?", "", field[1], flags=re.MULTILINE)
    return found


def dtype_said(field: FieldDescriptor) -> str:
    """A tensor's comment begins with the type of its elements: the contract is read there."""
    return comments()[field.containing_type.name, field.name].partition(" ")[0].lower()


@every_problem
def test_an_example_comes_through_whole(row: Problem) -> None:
    task = row.spec.example()
    question = CODEC.decode(solve_request(row.name, task).SerializeToString())
    assert question.model == row.spec.name
    assert same(question.task, task)


@pytest.mark.parametrize("row", MAKINGS.values(), ids=MAKINGS)
def test_so_does_an_example_of_what_a_mesh_is_made_of(row: Making) -> None:
    task = row.spec.example()
    request = pb.CreateMeshRequest()
    source = getattr(request, row.name)
    write(task, source)
    if "mesh" in source.DESCRIPTOR.fields_by_name:
        write(task, source.mesh.structured)
    question = making.question(request, row, nothing_kept)
    assert question.model == row.spec.name
    assert same(question.task, task)


def test_so_does_an_example_of_an_export() -> None:
    task = export_task.SPEC.example()
    request = pb.ExportRequest()
    write(task, request)
    assert same(ExportCodec().decode(request.SerializeToString()).task, task)


@every_problem
def test_every_array_of_an_answer_comes_back_whole(row: Problem) -> None:
    result = answered(row.spec)
    question = CODEC.decode(solve_request(row.name, row.spec.example()).SerializeToString())
    reply = Reply(row.spec.name, "1", result, result.evidence, "", 0.0)
    response = pb.SolveResponse.FromString(CODEC.encode(reply, question))
    scalars, arrays = schema.flatten(result)
    if row.solution:
        arrays["solution"] = arrays.pop(row.solution)
    found = tensors_of(response)
    assert found.keys() == arrays.keys() | scalars.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array, strict=True)
    assert response.evidence.outcome == common_pb2.OUTCOME_CONVERGED


@cache
def answered(spec: Spec) -> Result:
    [result] = spec.load("cpu").run([spec.example()])
    assert isinstance(result, Result), result
    return result


@every_problem
def test_no_result_has_text_among_its_numbers(row: Problem) -> None:
    """`outputs` holds arrays: text would have no place."""
    assert [name for name, field in schema.scalars(row.spec.result).items() if isinstance(field.default, str)] == []


@every_problem
def test_it_is_described_with_a_place_for_each_field(row: Problem) -> None:
    problem = described(row)
    assert {field.name for field in problem.inputs} == {*schema.tensors(row.spec.task), *schema.scalars(row.spec.task)}
    assert all(field.paths and field.doc and field.type for field in (*problem.inputs, *problem.outputs))
    for field in problem.inputs:
        for path in field.paths:
            assert leads_somewhere(pb.SolveRequest.DESCRIPTOR, path), path


def leads_somewhere(message: Descriptor, path: str) -> bool:
    """`mesh.mesh_id.nodes` is inside what a string names."""
    first, _, rest = path.partition(".")
    field = message.fields_by_name.get(first)
    if field is None:
        return False
    return (
        not rest or first == "mesh_id" or (field.message_type is not None and leads_somewhere(field.message_type, rest))
    )


def unknown(mesh_id: str) -> NoReturn:
    raise UnknownMesh("no such mesh")


def made(row: Making, body: bytes) -> object:
    return making.question(parse(pb.CreateMeshRequest, body), row, unknown)


DECODERS: dict[str, Callable[[bytes], object]] = {
    **{kind.__name__: kind(unknown).decode for kind in (SolveCodec, SolveBatchCodec, DifferentiateCodec)},
    **{kind.__name__: kind(unknown).decode for kind in (EvaluateCodec, EstimateCodec)},
    "an upload": lambda body: mesh_of(parse(pb.CreateMeshRequest, body)),
    "ExportCodec": ExportCodec().decode,
    **{f"a mesh: {name}": partial(made, row) for name, row in MAKINGS.items()},
}


@pytest.mark.parametrize("decode", DECODERS.values(), ids=DECODERS)
@given(start=st.binary(max_size=60), number=st.integers(1, 31), body=st.binary(max_size=120))
def test_any_bytes_are_a_question_or_refused(
    decode: Callable[[bytes], object], start: bytes, number: int, body: bytes
) -> None:
    """Also where they begin as one of its fields would."""
    field = bytes([min(number << 3 | 2, 127), len(body)]) + body
    for message in (start, field, start + field):
        try:
            decode(message)
        except (Malformed, Refusal, UnknownMesh) as error:
            assert error.reason
