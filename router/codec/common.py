"""faraday.v1.Tensor, RequestOptions and Evidence, to and from our own values."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from faraday.v1 import common_pb2 as pb
from models import base
from models.base import Array, Refusal
from router.call import Question, Reply, Spend
from router.errors import Malformed

M = TypeVar("M", bound=Message)
_DTYPES: dict[pb.Tensor.DType, np.dtype[Any]] = {
    pb.Tensor.D_TYPE_FLOAT64: np.dtype("<f8"),
    pb.Tensor.D_TYPE_FLOAT32: np.dtype("<f4"),
    pb.Tensor.D_TYPE_INT64: np.dtype("<i8"),
    pb.Tensor.D_TYPE_INT32: np.dtype("<i4"),
    pb.Tensor.D_TYPE_UINT8: np.dtype("u1"),
    pb.Tensor.D_TYPE_BOOL: np.dtype("?"),
}
_NUMBERS = {dtype: number for number, dtype in _DTYPES.items()}
_KINDS = {
    base.BoundKind.GUARANTEED: pb.BOUND_KIND_GUARANTEED,
    base.BoundKind.ESTIMATED: pb.BOUND_KIND_ESTIMATED,
}
_INTERVALS = {
    base.IntervalKind.CONFORMAL: pb.Interval.KIND_CONFORMAL,
    base.IntervalKind.BELIEVED: pb.Interval.KIND_BELIEVED,
    base.IntervalKind.WITHDRAWN: pb.Interval.KIND_WITHDRAWN,
}
REPLAYED = pb.Evidence(replayed=True)
_OUTCOMES = {
    base.Outcome.CONVERGED: pb.OUTCOME_CONVERGED,
    base.Outcome.NOT_CONVERGED: pb.OUTCOME_NOT_CONVERGED,
}


def parse(kind: type[M], body: bytes) -> M:
    """The message in `body`; raises Malformed without a word of it."""
    message = kind()
    try:
        message.ParseFromString(body)
    except DecodeError:
        name = kind.DESCRIPTOR.full_name
        raise Malformed(
            f"the body is not a {name}; build your stubs from its proto", details={"message": name}
        ) from None
    return message


def array_of(tensor: pb.Tensor, field: str) -> Array:
    """The array of a Tensor, as a read-only view; raises Refusal with its path where bytes and shape disagree."""
    dtype = _DTYPES.get(tensor.dtype)
    if dtype is None:
        details = {"dtype": str(tensor.dtype)}
        raise Refusal("WRONG_DTYPE", f"has no known dtype ({tensor.dtype}); set one of Tensor.DType", field, details)
    return shaped(tensor.data, dtype, tuple(tensor.shape), field)


def shaped(data: bytes | memoryview, dtype: np.dtype[Any], shape: tuple[int, ...], field: str) -> Array:
    """`data` as an array; raises Refusal with the path where it has another size than dtype and shape say."""
    if min(shape, default=0) < 0:
        raise Refusal("WRONG_SHAPE", f"has a negative dimension: {shape}", field, {"shape": str(shape)})
    wanted = math.prod(shape) * dtype.itemsize
    if len(data) != wanted:
        details = {"got_bytes": str(len(data)), "want_bytes": str(wanted), "shape": str(shape), "dtype": dtype.name}
        message = f"has {len(data)} bytes; shape {shape} of {dtype.name} takes {wanted}"
        raise Refusal("WRONG_SHAPE", message, field, details)
    try:
        array: Array = np.frombuffer(data, dtype).reshape(shape)
    except ValueError:  # more dimensions, or larger ones, than an array can have
        raise Refusal("WRONG_SHAPE", "has a shape that no array can have", field) from None
    if dtype.kind == "b" and (array.view(np.uint8) > 1).any():
        raise Refusal("NOT_BOOLEAN", "holds bytes other than 0 and 1", field)
    return array


def unix_s(timestamp: Timestamp, field: str) -> float:
    """Seconds since 1970; raises Malformed where it is no instant."""
    try:
        return timestamp.ToNanoseconds() / 1e9
    except ValueError:
        raise Malformed("is not an instant between the years 1 and 9999", field) from None


def asked(
    spec: base.Spec, task: base.Task, options: pb.RequestOptions, kind: str = "", expanded_bytes: int = 0
) -> Question:
    """A question to this model, as the options say; `kind` is that of its mesh. Raises `Malformed`."""
    return Question(
        model=spec.name,
        task=task,
        request_id=options.request_id,
        deadline=unix_s(options.deadline, "options.deadline") if options.HasField("deadline") else None,
        validate_only=options.validate_only,
        echo=(kind, ()),
        expanded_bytes=expanded_bytes,
    )


def tensor_of(array: Array) -> pb.Tensor:
    return pb.Tensor(dtype=_NUMBERS[array.dtype.newbyteorder("<")], shape=array.shape, data=array.tobytes())


def described(array: Array) -> pb.Tensor:
    """Its type and shape, without the data."""
    return pb.Tensor(dtype=_NUMBERS[array.dtype.newbyteorder("<")], shape=array.shape)


def evidence_of(reply: Reply) -> pb.Evidence:
    """What the model said for its answer, with what only the router knows."""
    said = reply.evidence
    validated = reply.result is None
    return pb.Evidence(
        trace_id=reply.trace_id,
        model=reply.model,
        model_version=reply.model_version,
        outcome=pb.OUTCOME_VALIDATED if validated else _OUTCOMES[said.outcome],
        advice=said.advice,
        method=said.method,
        residual=said.residual,
        error_bound=None if said.error_bound is None else bound_of(said.error_bound),
        privacy=_spend_of(reply.spend),
        elapsed_s=reply.elapsed_s,
        replayed=reply.replayed,
        interval=None if said.interval is None else _interval_of(said.interval),
    )


def _spend_of(spend: Spend | None) -> pb.PrivacySpend:
    if spend is None:
        return pb.PrivacySpend(kind=pb.PrivacySpend.KIND_NOT_PRIVATE)
    return pb.PrivacySpend(
        kind=pb.PrivacySpend.KIND_CHARGED if spend.charged else pb.PrivacySpend.KIND_QUOTED,
        epsilon=spend.epsilon,
        delta=spend.delta,
        dataset=spend.dataset,
        unit=spend.unit,
        adjacency=spend.adjacency,
        epsilon_left=spend.epsilon_left,
    )


def _interval_of(interval: base.Interval) -> pb.Interval:
    return pb.Interval(
        level=interval.level,
        kind=_INTERVALS[interval.kind],
        simultaneous=interval.simultaneous,
        calibration_count=interval.calibration_count,
        conditions=interval.conditions,
        source=interval.source,
    )


def bound_of(bound: base.ErrorBound) -> pb.ErrorBound:
    return pb.ErrorBound(
        value=bound.value,
        relative=bound.relative,
        norm=bound.norm,
        kind=_KINDS[bound.kind],
        conditions=bound.conditions,
        source=bound.source,
    )
