"""The problems that a server solves, as `client.fem.problems` tells them."""

from __future__ import annotations

from dataclasses import dataclass

from faraday.v1 import finite_element_pb2 as pb


@dataclass(frozen=True)
class ProblemField:
    """One field of a problem or of its answer."""

    name: str
    paths: tuple[str, ...]  # where the request or the answer has it
    type: str  # of an array's elements, such as "float64"; else "bool", "int", "float" or "str"
    shapes: tuple[str, ...]  # that an array may have, -1 for any size; empty where it is no array
    required: bool
    default: str  # where it is not sent; empty for an array
    choices: tuple[str, ...]  # the only values that it may have; empty where there are others
    doc: str


@dataclass(frozen=True)
class ProblemKind:
    """One kind of problem."""

    name: str
    model: str  # also its name over the Open Inference Protocol
    model_version: str
    summary: str
    inputs: tuple[ProblemField, ...]
    outputs: tuple[ProblemField, ...]
    gradients: tuple[str, ...]  # by which `differentiate` knows derivatives


def problem_kind(message: pb.Problem) -> ProblemKind:
    return ProblemKind(
        name=message.name,
        model=message.model,
        model_version=message.model_version,
        summary=message.summary,
        inputs=tuple(map(_field, message.inputs)),
        outputs=tuple(map(_field, message.outputs)),
        gradients=tuple(message.gradients),
    )


def _field(message: pb.ProblemField) -> ProblemField:
    return ProblemField(
        name=message.name,
        paths=tuple(message.paths),
        type=message.type,
        shapes=tuple(message.shapes),
        required=message.required,
        default=message.default_value,
        choices=tuple(message.choices),
        doc=message.doc,
    )
