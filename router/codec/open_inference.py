"""The Open Inference Protocol's ModelInfer, as Triton and KServe speak it, with tritonclient's own messages.

Inputs and outputs are the declared tensors of a task and a result under their own names; a task's scalars are request
parameters. Evidence comes back as response parameters whose names begin with `faraday.`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from tritonclient.grpc import service_pb2 as pb

from models import schema
from models.base import Array, Refusal, Scalar, Spec
from router.call import Question, Reply
from router.codec import common, evidence_parameters
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
_WIDEST = {"BOOL": "?", "UINT64": "<u8", "FP32": "<f8", "FP64": "<f8"}  # what holds the contents of all; else int64
TIMEOUT = "timeout"  # Triton's: microseconds
REQUEST_ID = "faraday.request_id"
VALIDATE_ONLY = "faraday.validate_only"


class InferCodec:
    """`clock` tells Unix seconds, for Triton's relative timeout."""

    def __init__(self, specs: Mapping[str, Spec], clock: Any) -> None:
        self._specs = specs
        self._clock = clock

    def decode(self, body: bytes) -> Question:
        request = common.parse(pb.ModelInferRequest, body)
        spec = known_model(self._specs, request.model_name, request.model_version)
        scalars: dict[str, Scalar] = {}
        timeout_us, request_id, validate_only = 0, "", False
        if request.parameters:
            scalars = {name: parameter(value, name) for name, value in request.parameters.items()}
            timeout_us = _option(scalars, TIMEOUT, timeout_us)
            request_id = _option(scalars, REQUEST_ID, request_id)
            validate_only = _option(scalars, VALIDATE_ONLY, validate_only)
        wanted = _wanted(spec, request.outputs) if request.outputs else ()
        try:
            task = schema.parse(spec.task, _with_floats(spec, scalars), _inputs(request))
            task.check()
        except Refusal as refusal:
            raise _in_request(refusal, {*request.parameters, *schema.scalars(spec.task)}) from None
        return Question(
            model=spec.name,
            task=task,
            request_id=request_id,
            deadline=self._clock() + timeout_us / 1e6 if timeout_us > 0 else None,
            validate_only=validate_only,
            echo=(request.id, wanted),
            forward=body,
        )

    def encode(self, reply: Reply, question: Question) -> bytes:
        if reply.forwarded:
            return reply.forwarded
        id, wanted = question.echo
        response = pb.ModelInferResponse(model_name=reply.model, model_version=reply.model_version, id=id)
        described = evidence_parameters.of(reply)
        if reply.result is not None:
            scalars, arrays = schema.flatten(reply.result)
            described |= scalars
            outputs = {name: array for name, array in arrays.items() if not wanted or name in wanted}
            write_tensors(outputs, response.outputs, response.raw_output_contents)
        write_parameters(described, response.parameters)
        encoded: bytes = response.SerializeToString()
        return encoded

    def refusal(self, refusal: Refusal, question: Question) -> Refusal:
        return _in_request(refusal, schema.scalars(type(question.task)))


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


def _in_request(refusal: Refusal, parameters: Iterable[str]) -> Refusal:
    name, bracket, index = refusal.field.partition("[")
    side = "parameters" if name in parameters else "inputs"
    path = f"{side}[{name}]{bracket}{index}" if name else ""
    return Refusal(refusal.reason, refusal.message, path, refusal.details)


S = TypeVar("S", bound=Scalar)


def _option(scalars: dict[str, Scalar], name: str, default: S) -> S:
    """Taken out of the parameters: it is for us, not for the model."""
    value = scalars.pop(name, default)
    if type(value) is not type(default):
        wanted = type(default).__name__
        raise Malformed(f"is a {type(value).__name__}; send a {wanted}", f"parameters[{name}]", {"want": wanted})
    return value


def _with_floats(spec: Spec, scalars: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """tritonclient's parameters are text, whole numbers and flags: where a model wants a float, it may come as text."""
    floats = {name for name, field in schema.scalars(spec.task).items() if isinstance(field.default, float)}
    read = dict(scalars)
    for name in floats & scalars.keys():
        if isinstance(text := scalars[name], str):
            with contextlib.suppress(ValueError):  # then it is refused as the text that it is
                read[name] = float(text)
    return read


def parameter(value: Any, name: str) -> Scalar:
    """Raises Malformed where nothing is set."""
    choice = value.WhichOneof("parameter_choice")
    if choice is None:
        raise Malformed("has no value", f"parameters[{name}]")
    scalar: Scalar = getattr(value, choice)
    return scalar


def _wanted(spec: Spec, outputs: Sequence[Any]) -> tuple[str, ...]:
    """The names of the outputs that are asked for."""
    known = schema.tensors(spec.result)
    for output in outputs:
        if output.name not in known:
            names = ", ".join(known)
            message = f"{spec.name} has no output {output.name!r}; outputs are: {names}"
            raise Malformed(message, f"outputs[{output.name}]", {"known": names})
        _refuse_special(output, "outputs")
    return tuple(output.name for output in outputs)


def _inputs(request: Any) -> dict[str, Array]:
    raw = request.raw_input_contents
    for tensor in request.inputs:
        _refuse_special(tensor, "inputs")
        if raw and tensor.HasField("contents"):
            raise Malformed("must be empty where raw_input_contents is used", f"inputs[{tensor.name}].contents")
    return read_tensors(request.inputs, raw, "inputs", "raw_input_contents")


def read_tensors(tensors: Sequence[Any], raw: Sequence[bytes], side: str, raw_side: str) -> dict[str, Array]:
    """The named arrays of a request or response, as read-only views where they are raw.

    Raises Malformed, or Refusal with the tensor's name.
    """
    if raw and len(raw) != len(tensors):
        details = {side: str(len(tensors)), raw_side: str(len(raw))}
        raise Malformed(f"must have one entry for each of the {side}, or none at all", raw_side, details)
    arrays: dict[str, Array] = {}
    for at, tensor in enumerate(tensors):
        name, datatype = tensor.name, tensor.datatype
        if name in arrays:
            raise Malformed("is given twice", f"{side}[{name}]", {"tensor": name})
        dtype = DATATYPES.get(datatype)
        if dtype is None:
            known = ", ".join(DATATYPES)
            details = {"datatype": datatype}
            raise Malformed(f"has datatype {datatype!r}; known are: {known}", f"{side}[{name}]", details)
        data = raw[at] if raw else _contents(tensor, dtype, f"{side}[{name}]")
        arrays[name] = common.shaped(data, dtype, tuple(tensor.shape), name)
    return arrays


def _contents(tensor: Any, dtype: np.dtype[Any], path: str) -> bytes:
    field = _CONTENTS.get(tensor.datatype)
    if field is None:
        raise Malformed(f"{tensor.datatype} travels in raw_input_contents only", path, {"datatype": tensor.datatype})
    values = np.array(getattr(tensor.contents, field), dtype=_WIDEST.get(tensor.datatype, "<i8"))
    if dtype.kind in "iu" and not np.array_equal(values.astype(dtype), values):
        raise Malformed(f"holds numbers beyond {tensor.datatype}", path, {"datatype": tensor.datatype})
    return values.astype(dtype).tobytes()


def _refuse_special(tensor: Any, side: str) -> None:
    """What would silently be ignored is refused: shared memory of another process, classification."""
    for name in tensor.parameters:
        if name != "binary_data" and name != "binary_data_size":
            path = f"{side}[{tensor.name}]"
            raise Malformed(f"the parameter {name!r} is not supported", path, {"parameter": name})


def write_tensors(arrays: Mapping[str, Array], described: Any, raw: Any) -> None:
    """Add the arrays to the tensors and the raw contents of a request or response."""
    for name, array in arrays.items():
        described.add(name=name, datatype=NAMES[array.dtype.newbyteorder("<")], shape=array.shape)
        raw.append(array.tobytes())


def write_parameters(values: Mapping[str, Scalar], parameters: Any) -> None:
    for name, value in values.items():
        match value:
            case bool():
                parameters[name].bool_param = value
            case int():
                parameters[name].int64_param = value
            case float():
                parameters[name].double_param = value
            case str():
                parameters[name].string_param = value
