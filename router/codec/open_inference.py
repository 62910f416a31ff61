"""The Open Inference Protocol's ModelInfer, as Triton and KServe speak it, with tritonclient's own messages.

Inputs and outputs are the declared tensors of a task and a result under their own names; a task's scalars are request
parameters. Evidence comes back as response parameters whose names begin with `faraday.`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from tritonclient.grpc import service_pb2 as pb

from models import schema
from models.base import Array, Refusal, Scalar, Spec
from router.call import Question, Reply
from router.codec import common
from router.errors import Malformed, UnknownModel

DATATYPES = {
    "BOOL": np.dtype("?"),
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}
NAMES = {dtype: name for name, dtype in DATATYPES.items()}
_CONTENTS = {
    "BOOL": "bool_contents",
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
    "UINT64": "uint64_contents",
    **dict.fromkeys(("INT8", "INT16", "INT32"), "int_contents"),
    "INT64": "int64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
}
_TIMEOUT = "timeout"  # Triton's: microseconds
_REQUEST_ID = "faraday.request_id"
_VALIDATE_ONLY = "faraday.validate_only"


class InferCodec:
    """`clock` tells Unix seconds, for Triton's relative timeout."""

    def __init__(self, specs: Mapping[str, Spec], clock: Any) -> None:
        self._specs = specs
        self._clock = clock

    def decode(self, body: bytes) -> Question:
        return self.question(common.parse(pb.ModelInferRequest, body))

    def question(self, request: Any) -> Question:
        spec = known_model(self._specs, request.model_name, request.model_version)
        scalars = {name: _parameter(value, name) for name, value in request.parameters.items()}
        timeout_us = scalars.pop(_TIMEOUT, None)
        request_id = scalars.pop(_REQUEST_ID, "")
        validate_only = scalars.pop(_VALIDATE_ONLY, False)
        _check_outputs(spec, request)
        try:
            task = schema.parse(spec.task, scalars, _inputs(request))
            task.check()
        except Refusal as refusal:
            raise self.refusal(refusal) from None
        return Question(
            model=spec.name,
            task=task,
            request_id=str(request_id),
            deadline=None if timeout_us is None else self._clock() + int(timeout_us) / 1e6,
            validate_only=bool(validate_only),
            echo=(request.id, tuple(output.name for output in request.outputs)),
        )

    def encode(self, reply: Reply, question: Question) -> bytes:
        encoded: bytes = self.response(reply, question).SerializeToString()
        return encoded

    def response(self, reply: Reply, question: Question) -> Any:
        id, wanted = question.echo
        response = pb.ModelInferResponse(model_name=reply.model, model_version=reply.model_version, id=id)
        _describe_evidence(response.parameters, reply)
        if reply.result is None:
            return response
        scalars, arrays = schema.flatten(reply.result)
        for name, array in arrays.items():
            if not wanted or name in wanted:
                response.outputs.add(name=name, datatype=NAMES[array.dtype.newbyteorder("<")], shape=array.shape)
                response.raw_output_contents.append(array.tobytes())
        for name, value in scalars.items():
            _set(response.parameters[name], value)
        return response

    def refusal(self, refusal: Refusal) -> Refusal:
        name, bracket, index = refusal.field.partition("[")
        path = f"inputs[{name}]{bracket}{index}" if name else ""
        return Refusal(refusal.reason, refusal.message, path, refusal.details)


def known_model(specs: Mapping[str, Spec], name: str, version: str) -> Spec:
    """Raises UnknownModel, also for a version that is not the one that is served."""
    spec = specs.get(name)
    if spec is None:
        known = ", ".join(specs)
        raise UnknownModel(f"there is no model {name!r} here; models are: {known}", {"model": name, "known": known})
    if version not in ("", spec.version):
        details = {"model": name, "version": version, "served": spec.version}
        raise UnknownModel(f"{name} is served in version {spec.version}, not {version!r}", details)
    return spec


def _parameter(value: Any, name: str) -> Scalar:
    choice = value.WhichOneof("parameter_choice")
    if choice is None:
        raise Malformed("has no value", f"parameters[{name}]")
    scalar: Scalar = getattr(value, choice)
    return scalar


def _check_outputs(spec: Spec, request: Any) -> None:
    known = schema.tensors(spec.result)
    for output in request.outputs:
        if output.name not in known:
            names = ", ".join(known)
            message = f"{spec.name} has no output {output.name!r}; outputs are: {names}"
            raise Malformed(message, f"outputs[{output.name}]", {"known": names})
        _refuse_special(output, f"outputs[{output.name}]")


def _inputs(request: Any) -> dict[str, Array]:
    raw = request.raw_input_contents
    if raw and len(raw) != len(request.inputs):
        details = {"inputs": str(len(request.inputs)), "raw_input_contents": str(len(raw))}
        raise Malformed("must have one entry for each input, or none at all", "raw_input_contents", details)
    arrays: dict[str, Array] = {}
    for at, tensor in enumerate(request.inputs):
        path = f"inputs[{tensor.name}]"
        _refuse_special(tensor, path)
        if tensor.name in arrays:
            raise Malformed("is given twice", path, {"input": tensor.name})
        dtype = DATATYPES.get(tensor.datatype)
        if dtype is None:
            known = ", ".join(DATATYPES)
            raise Malformed(f"has datatype {tensor.datatype!r}; known are: {known}", path, {"datatype": tensor.datatype})
        data = raw[at] if raw else _contents(tensor, dtype, path)
        arrays[tensor.name] = common.shaped(data, dtype, tuple(tensor.shape), path)
    return arrays


def _contents(tensor: Any, dtype: np.dtype[Any], path: str) -> bytes:
    field = _CONTENTS.get(tensor.datatype)
    if field is None:
        raise Malformed(f"{tensor.datatype} travels in raw_input_contents only", path, {"datatype": tensor.datatype})
    values = np.array(getattr(tensor.contents, field), dtype="<f8" if dtype.kind == "f" else None)
    if dtype.kind in "iu" and values.size and not np.array_equal(values.astype(dtype), values):
        raise Malformed(f"holds numbers beyond {tensor.datatype}", path, {"datatype": tensor.datatype})
    return values.astype(dtype).tobytes()


def _refuse_special(tensor: Any, path: str) -> None:
    """What would silently be ignored is refused: shared memory of another process, classification."""
    for name in tensor.parameters:
        if name != "binary_data" and name != "binary_data_size":
            raise Malformed(f"the parameter {name!r} is not supported", path, {"parameter": name})


def _describe_evidence(parameters: Any, reply: Reply) -> None:
    said = reply.evidence
    values: dict[str, Scalar] = {
        "faraday.trace_id": reply.trace_id,
        "faraday.outcome": "validated" if reply.result is None else said.outcome.value,
        "faraday.method": said.method,
        "faraday.privacy": "not_private",
    }
    if said.residual is not None:
        values["faraday.residual"] = said.residual
    if said.error_bound is not None:
        values |= {
            "faraday.error_bound": said.error_bound.value,
            "faraday.error_bound_kind": said.error_bound.kind.value,
            "faraday.error_bound_norm": said.error_bound.norm,
        }
    for name, value in values.items():
        _set(parameters[name], value)


def _set(parameter: Any, value: Scalar) -> None:
    match value:
        case bool():
            parameter.bool_param = value
        case int():
            parameter.int64_param = value
        case float():
            parameter.double_param = value
        case str():
            parameter.string_param = value
