"""The other side of the Open Inference Protocol: a task as a ModelInferRequest, a ModelInferResponse as a result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from tritonclient.grpc import service_pb2 as pb

from models import schema
from models.base import Evidence, Refusal, Result, Spec, Task, TensorField
from router.codec import common, evidence_parameters, raw_contents
from router.codec.open_inference import NAMES, describe_tensors, parameter, read_tensors, write_parameters
from router.errors import Malformed


class NotTheModel(Exception):
    """The upstream answered what the model does not declare."""


def request(spec: Spec, task: Task) -> bytes:
    """In the model's own names; the upstream serves it under them."""
    scalars, arrays = schema.flatten(task)
    message = pb.ModelInferRequest(model_name=spec.name)
    describe_tensors(arrays, message.inputs)
    write_parameters(scalars, message.parameters)
    return raw_contents.joined(message.SerializeToString(), raw_contents.REQUEST, arrays.values())


def result(spec: Spec, body: bytes) -> Result:
    """Raises NotTheModel. An upstream that is no Faraday may say more than we know, and gives no evidence."""
    try:
        response = common.parse(pb.ModelInferResponse, body)
        said = {name: parameter(value, name) for name, value in response.parameters.items()}
        arrays = read_tensors(response.outputs, response.raw_output_contents, "outputs", "raw_output_contents")
        scalars = {name: value for name, value in said.items() if name in schema.scalars(spec.result)}
        declared = {name: array for name, array in arrays.items() if name in schema.tensors(spec.result)}
        answer = schema.parse(spec.result, scalars, declared)
        own = Evidence(method=f"upstream {response.model_name} {response.model_version}".rstrip())
        return replace(answer, evidence=evidence_parameters.evidence(said) or own)
    except (Malformed, Refusal, ValueError) as error:
        raise NotTheModel(str(error)) from None


def task_field(path: str) -> str:
    """A field of a task, from how another Faraday spells it: "inputs[x][3]" is "x[3]"."""
    for side in ("inputs[", "parameters["):
        if path.startswith(side):
            name, _, index = path.removeprefix(side).partition("]")
            return name + index
    return path


def differences(spec: Spec, declared: Any) -> Iterator[str]:
    """How a ModelMetadataResponse differs from our own declaration, in sentences."""
    sides = (
        ("input", declared.inputs, schema.tensors(spec.task)),
        ("output", declared.outputs, schema.tensors(spec.result)),
    )
    for side, theirs, ours in sides:
        named = {tensor.name: tensor for tensor in theirs}
        for name, field in ours.items():
            if name not in named:
                if not field.optional:
                    yield f"it declares no {side} {name!r}"
            elif named[name].datatype != _datatype(field):
                yield f"its {side} {name!r} is {named[name].datatype}, ours is {_datatype(field)}"
        for name in named.keys() - ours.keys() if side == "input" else ():
            yield f"it declares an input {name!r} that we never send"


def _datatype(field: TensorField) -> str:
    return NAMES[np.dtype(field.dtype)]
