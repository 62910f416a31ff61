"""ListProblems: each row of the table as the message that tells a caller what to send and what comes back."""

from __future__ import annotations

from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import ScalarField, TensorField
from router.codec.finite_element import meshes
from router.codec.finite_element.problems import DERIVATIVES, Problem


def described(row: Problem) -> pb.Problem:
    spec = row.spec
    problem = pb.Problem(name=row.name, model=spec.name, model_version=spec.version, summary=spec.summary)
    if row.name in DERIVATIVES:
        problem.gradients.extend(DERIVATIVES[row.name].gradients)
    for name, tensor in schema.tensors(spec.task).items():
        problem.inputs.append(_tensor(name, tensor, _paths(name, row), required=not tensor.optional))
    for name, scalar in schema.scalars(spec.task).items():
        problem.inputs.append(_scalar(name, scalar, _paths(name, row)))
    for name, tensor in schema.tensors(spec.result).items():
        problem.outputs.append(_tensor(name, tensor, [_answered(name, row)], required=False))
    for name, scalar in schema.scalars(spec.result).items():
        problem.outputs.append(_scalar(name, scalar, [_answered(name, row)]))
    return problem


def _paths(name: str, row: Problem) -> list[str]:
    if name == "degree":
        return ["element"]
    return list(meshes.paths_of(name)) if name in meshes.FIELDS else [row.layout.path(name)]


def _answered(name: str, row: Problem) -> str:
    """Where an answer has it: a field of its own, or one of `outputs`."""
    if name == row.solution:
        return "solution"
    return name if name in pb.SolveResponse.DESCRIPTOR.fields_by_name else f"outputs[{name}]"


def _tensor(name: str, field: TensorField, paths: list[str], required: bool) -> pb.ProblemField:
    shapes = [_shown(shape) for shape in (field.shape, *field.alternatives)]
    return pb.ProblemField(name=name, paths=paths, type=field.dtype, shapes=shapes, required=required, doc=field.doc)


def _scalar(name: str, field: ScalarField, paths: list[str]) -> pb.ProblemField:
    return pb.ProblemField(
        name=name,
        paths=paths,
        type=type(field.default).__name__,
        default_value=str(field.default),
        choices=[str(choice) for choice in field.choices],
        doc=field.doc,
    )


def _shown(shape: tuple[int | str, ...]) -> str:
    return "(" + ", ".join(map(str, shape)) + ")"
