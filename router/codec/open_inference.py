"""The Open Inference Protocol's ModelInfer, as Triton and KServe speak it, with tritonclient's own messages.

Inputs and outputs are the declared tensors of a task and a result under their own names; a task's scalars are request
parameters. Evidence comes back as response parameters whose names begin with `faraday.`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np
from tritonclient.grpc import service_pb2 as pb

from models import schema
from models.base import Array, Refusal, Scalar, Spec
from router.call import Question, Reply
from router.codec import common, evidence_parameters, raw_contents
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
Kinds = dict[str, tuple[np.dtype[Any], tuple[int, ...]]]  # the dtypes and shapes of tensors by name
_REMEMBERED, _REMEMBERED_BYTES = 256, 2048  # descriptions, and the size of the longest: half a megabyte in all


class InferCodec:
    """`clock` tells Unix seconds, for Triton's relative timeout."""

    def __init__(self, specs: Mapping[str, Spec], clock: Any) -> None:
        self._specs = specs
        self._clock = clock
        self._known: dict[tuple[bytes, int], _Description] = {}

    def decode(self, body: bytes) -> Question:
        description, raw = raw_contents.cut(body, raw_contents.REQUEST)
        asked = self._described(description, len(raw))
        spec = asked.spec
        try:
            arrays = asked.contents or {
                name: common.shaped(data, dtype, shape, name)
                for (name, (dtype, shape)), data in zip(asked.kinds.items(), raw, strict=True)
            }
            task = schema.fill(spec.task, asked.scalars, arrays)
            task.check()
        except Refusal as refusal:
            raise _in_request(refusal, {*asked.scalars, *schema.scalars(spec.task)}) from None
        return Question(
            model=spec.name,
            task=task,
            request_id=asked.request_id,
            deadline=self._clock() + asked.timeout_us / 1e6 if asked.timeout_us > 0 else None,
            validate_only=asked.validate_only,
            echo=(asked.id, asked.wanted),
            forward=body,
        )

    def _described(self, description: bytes, raw_count: int) -> _Description:
        """What a request says beside its raw contents; remembered where clients may well say it again."""
        key = description, raw_count
        known = self._known.get(key)
        if known is not None:
            return known
        read = _read(self._specs, description, raw_count)
        if not (read.contents or read.id or read.request_id) and len(description) <= _REMEMBERED_BYTES:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = read
        return read

    def encode(self, reply: Reply, question: Question) -> bytes:
        if reply.forwarded:
            return reply.forwarded
        id, wanted = question.echo
        response = pb.ModelInferResponse(model_name=reply.model, model_version=reply.model_version, id=id)
        described = evidence_parameters.of(reply)
        outputs: dict[str, Array] = {}
        if reply.result is not None:
            scalars, arrays = schema.flatten(reply.result)
            described |= scalars
            outputs = {name: array for name, array in arrays.items() if not wanted or name in wanted}
            describe_tensors(outputs, response.outputs)
        write_parameters(described, response.parameters)
        return raw_contents.joined(response.SerializeToString(), raw_contents.RESPONSE, outputs.values())

    def replayed(self, answer: bytes, question: Question) -> bytes:
        id, _ = question.echo
        mark = pb.ModelInferResponse(id=id)
        write_parameters(evidence_parameters.REPLAYED, mark.parameters)
        marked: bytes = answer + mark.SerializeToString()
        return marked

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


class _Description(msgspec.Struct, frozen=True):
    """A request without its raw contents: all that does not depend on the values of the tensors is checked."""

    spec: Spec
    id: str
    kinds: Kinds
    contents: dict[str, Array]  # the tensors, where they did not come raw at the end
    scalars: dict[str, Scalar]
    wanted: tuple[str, ...]
    request_id: str = ""
    timeout_us: int = 0
    validate_only: bool = False


def _read(specs: Mapping[str, Spec], description: bytes, raw_count: int) -> _Description:
    """`raw_count` is how many raw contents were cut off the end. Raises as `Codec.decode`."""
    request = common.parse(pb.ModelInferRequest, description)
    spec = known_model(specs, request.model_name, request.model_version)
    scalars = {name: parameter(value, name) for name, value in request.parameters.items()}
    timeout_us = _option(scalars, TIMEOUT, 0)
    request_id = _option(scalars, REQUEST_ID, "")
    validate_only = _option(scalars, VALIDATE_ONLY, False)
    wanted = _wanted(spec, request.outputs)
    kept = request.raw_input_contents  # of a body that could not be cut
    for tensor in request.inputs:
        _refuse_special(tensor, "inputs")
        if (raw_count or kept) and tensor.HasField("contents"):
            raise Malformed("must be empty where raw_input_contents is used", f"inputs[{tensor.name}].contents")
    _check_count(raw_count, request.inputs, "inputs", "raw_input_contents")
    kinds = _kinds(request.inputs, "inputs")
    try:
        contents = {} if raw_count else read_tensors(request.inputs, kept, "inputs", "raw_input_contents")
        declared = schema.fit(spec.task, _with_floats(spec, scalars), kinds)
    except Refusal as refusal:
        raise _in_request(refusal, {*scalars, *schema.scalars(spec.task)}) from None
    return _Description(spec, request.id, kinds, contents, declared, wanted, request_id, timeout_us, validate_only)


def _kinds(tensors: Sequence[Any], side: str) -> Kinds:
    """The dtypes and shapes of described tensors; raises Malformed."""
    kinds: Kinds = {}
    for tensor in tensors:
        name, datatype = tensor.name, tensor.datatype
        if name in kinds:
            raise Malformed("is given twice", f"{side}[{name}]", {"tensor": name})
        dtype = DATATYPES.get(datatype)
        if dtype is None:
            known = ", ".join(DATATYPES)
            details = {"datatype": datatype}
            raise Malformed(f"has datatype {datatype!r}; known are: {known}", f"{side}[{name}]", details)
        kinds[name] = dtype, tuple(tensor.shape)
    return kinds


def _check_count(raw_count: int, tensors: Sequence[Any], side: str, raw_side: str) -> None:
    if raw_count not in (0, len(tensors)):
        details = {side: str(len(tensors)), raw_side: str(raw_count)}
        raise Malformed(f"must have one entry for each of the {side}, or none at all", raw_side, details)


def read_tensors(tensors: Sequence[Any], raw: Sequence[bytes], side: str, raw_side: str) -> dict[str, Array]:
    """The named arrays of a request or response, as read-only views where they are raw.

    Raises Malformed, or Refusal with the tensor's name.
    """
    _check_count(len(raw), tensors, side, raw_side)
    kinds = _kinds(tensors, side)
    arrays: dict[str, Array] = {}
    for at, (tensor, (name, (dtype, shape))) in enumerate(zip(tensors, kinds.items(), strict=True)):
        data = raw[at] if raw else _contents(tensor, dtype, f"{side}[{name}]")
        arrays[name] = common.shaped(data, dtype, shape, name)
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


def describe_tensors(arrays: Mapping[str, Array], described: Any) -> None:
    """Add the arrays to the tensors of a request or response; their bytes are for `raw_contents.joined`."""
    for name, array in arrays.items():
        described.add(name=name, datatype=NAMES[array.dtype.newbyteorder("<")], shape=array.shape)


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
