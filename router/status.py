"""The one error table: any exception as a google.rpc.Status with exactly one ErrorInfo.

An exception that is not in the table says nothing of itself: its status is INTERNAL with an opaque `error_id`, under
which the server logs the exception.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, Protocol, cast

import grpc
from google.protobuf import duration_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from models.base import Refusal
from router import errors

DOMAIN = "faraday.v1"
DETAILS_KEY = "grpc-status-details-bin"  # where every gRPC library looks for the serialised Status

# A message travels three times: percent-encoded (up to 3 bytes for 1), in the Status and in its BadRequest (base64, 4
# for 3). With these limits the worst case stays below the 8 KiB of metadata that gRPC clients accept by default.
MAX_MESSAGE_BYTES = 512
MAX_FIELD_BYTES = 256
MAX_METADATA_BYTES = 1536
MAX_REASON_BYTES = 63  # ErrorInfo's own limit
MAX_RETRY_S = 3600.0

Extra = Callable[[Any], Message]


class _Described(Protocol):
    """What all errors in the table have."""

    reason: str
    message: str
    details: dict[str, str]


class Aborts(Protocol):
    """The part of grpc.aio.ServicerContext that `abort` needs."""

    async def abort(self, code: Any, details: str, trailing_metadata: Sequence[tuple[str, bytes]]) -> NoReturn: ...


def known(error: Exception) -> bool:
    """Whether the table has a row for it; where not, log it under its error_id."""
    return _row(type(error)) is not None


def status_of(error: Exception, error_id: str) -> status_pb2.Status:
    """The status that the caller sees; `error_id` is used only where the error is not `known`."""
    row = _row(type(error))
    if row is None:
        return _opaque(error_id)
    code, extras = row
    described = cast(_Described, error)
    info = _info(described.reason, described.details)
    return _status(code, described.message, info, *(extra(error) for extra in extras))


def grpc_code(status: status_pb2.Status) -> grpc.StatusCode:
    """The same code as grpc's own enum."""
    return _GRPC_CODES[status.code]


async def abort(context: Aborts, status: status_pb2.Status) -> NoReturn:
    """End the call with this status: code, message and details."""
    details = status.SerializeToString(deterministic=True)
    await context.abort(grpc_code(status), status.message, ((DETAILS_KEY, details),))


def _bad_request(error: Any) -> Message:
    """`error` is a Refusal or Malformed: it has a field path."""
    violation = error_details_pb2.BadRequest.FieldViolation(
        field=_safe(error.field, MAX_FIELD_BYTES), description=_safe(error.message, MAX_MESSAGE_BYTES)
    )
    request: Message = error_details_pb2.BadRequest(field_violations=[violation])
    return request


def _retry(error: Any) -> Message:
    """`error` is a Passing. Rounded up: who comes back then is not early."""
    asked = error.retry_after_s
    delay_s = asked if 0.0 <= asked <= MAX_RETRY_S else MAX_RETRY_S if asked > 0.0 else 0.0
    delay = duration_pb2.Duration()
    delay.FromMilliseconds(math.ceil(delay_s * 1000.0))
    retry: Message = error_details_pb2.RetryInfo(retry_delay=delay)
    return retry


def _quota(error: Any) -> Message:
    """`error` is a BudgetSpent. Without RetryInfo: what is spent does not come back."""
    return _quota_of(f"privacy account {error.details.get('account', '')}", error)


def _operation_quota(error: Any) -> Message:
    """`error` is a TooManyOperations. Without RetryInfo: nobody knows when one of them ends."""
    return _quota_of(f"operations of {error.details.get('tenant', '')}", error)


def _quota_of(subject: str, error: Any) -> Message:
    violation = error_details_pb2.QuotaFailure.Violation(
        subject=_safe(subject, MAX_FIELD_BYTES), description=_safe(error.message, MAX_MESSAGE_BYTES)
    )
    quota: Message = error_details_pb2.QuotaFailure(violations=[violation])
    return quota


def _precondition(error: Any) -> Message:
    """`error` is an AccountFrozen."""
    return _precondition_of(f"privacy account {error.details.get('account', '')}", error)


def _operation_precondition(error: Any) -> Message:
    """`error` is an OperationRunning."""
    return _precondition_of(error.details.get("operation", ""), error)


def _precondition_of(subject: str, error: Any) -> Message:
    violation = error_details_pb2.PreconditionFailure.Violation(
        type=error.reason,
        subject=_safe(subject, MAX_FIELD_BYTES),
        description=_safe(error.message, MAX_MESSAGE_BYTES),
    )
    failure: Message = error_details_pb2.PreconditionFailure(violations=[violation])
    return failure


TABLE: Mapping[type[Exception], tuple[int, tuple[Extra, ...]]] = {
    Refusal: (code_pb2.INVALID_ARGUMENT, (_bad_request,)),
    errors.Malformed: (code_pb2.INVALID_ARGUMENT, (_bad_request,)),
    errors.Unauthenticated: (code_pb2.UNAUTHENTICATED, ()),
    errors.Forbidden: (code_pb2.PERMISSION_DENIED, ()),
    errors.TooLarge: (code_pb2.RESOURCE_EXHAUSTED, ()),
    errors.BodyTimeout: (code_pb2.DEADLINE_EXCEEDED, ()),
    errors.UnknownModel: (code_pb2.NOT_FOUND, ()),
    errors.UnknownMesh: (code_pb2.NOT_FOUND, ()),
    errors.UnknownArtefact: (code_pb2.NOT_FOUND, ()),
    errors.UnknownService: (code_pb2.NOT_FOUND, ()),
    errors.UnknownMethod: (code_pb2.UNIMPLEMENTED, ()),
    errors.RequestIdReused: (code_pb2.ALREADY_EXISTS, ()),
    errors.RateLimited: (code_pb2.RESOURCE_EXHAUSTED, (_retry,)),
    errors.Overloaded: (code_pb2.UNAVAILABLE, (_retry,)),
    errors.NoReplica: (code_pb2.UNAVAILABLE, (_retry,)),
    errors.NoReplicaLeft: (code_pb2.UNAVAILABLE, (_retry,)),
    errors.ShuttingDown: (code_pb2.UNAVAILABLE, (_retry,)),
    errors.UpstreamFailed: (code_pb2.UNAVAILABLE, (_retry,)),
    errors.ReplicaLost: (code_pb2.INTERNAL, ()),  # not UNAVAILABLE: a retry would kill the next replica
    errors.DeadlinePassed: (code_pb2.DEADLINE_EXCEEDED, ()),
    errors.NotTheOwner: (code_pb2.PERMISSION_DENIED, ()),
    errors.NotGranted: (code_pb2.PERMISSION_DENIED, ()),
    errors.UnknownAccount: (code_pb2.NOT_FOUND, ()),
    errors.AccountExists: (code_pb2.ALREADY_EXISTS, ()),
    errors.BudgetSpent: (code_pb2.RESOURCE_EXHAUSTED, (_quota,)),
    errors.AccountFrozen: (code_pb2.FAILED_PRECONDITION, (_precondition,)),
    errors.LedgerUnavailable: (code_pb2.UNAVAILABLE, (_retry,)),
    errors.InProgress: (code_pb2.UNAVAILABLE, (_retry,)),
    errors.UnknownOperation: (code_pb2.NOT_FOUND, ()),
    errors.OperationRunning: (code_pb2.FAILED_PRECONDITION, (_operation_precondition,)),
    errors.OperationCancelled: (code_pb2.CANCELLED, ()),
    errors.TooManyOperations: (code_pb2.RESOURCE_EXHAUSTED, (_operation_quota,)),
    errors.OperationsUnavailable: (code_pb2.UNAVAILABLE, (_retry,)),
}

_GRPC_CODES: Mapping[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def _row(kind: type[Exception]) -> tuple[int, tuple[Extra, ...]] | None:
    return next((TABLE[ancestor] for ancestor in kind.__mro__ if ancestor in TABLE), None)


def _opaque(error_id: str) -> status_pb2.Status:
    message = f"internal error; the operator finds it in the log under error_id {error_id}"
    return _status(code_pb2.INTERNAL, message, _info("INTERNAL", {"error_id": error_id}))


def _info(reason: str, details: Mapping[str, str]) -> Message:
    metadata: dict[str, str] = {}
    left = MAX_METADATA_BYTES
    for key in sorted(details):
        name, value = _safe(key, 64), _safe(details[key], MAX_FIELD_BYTES)
        left -= len(name.encode()) + len(value.encode())
        if left < 0:
            break
        metadata[name] = value
    info: Message = error_details_pb2.ErrorInfo(
        reason=_safe(reason, MAX_REASON_BYTES), domain=DOMAIN, metadata=metadata
    )
    return info


def _status(code: int, message: str, *details: Message) -> status_pb2.Status:
    status = status_pb2.Status(code=code, message=_safe(message, MAX_MESSAGE_BYTES))
    for detail in details:
        status.details.add().Pack(detail, deterministic=True)  # maps in key order: equal errors are equal bytes
    return status


def _safe(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, without what a log or protobuf refuses: control characters, lone surrogates."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: limit + 1])
    encoded = printable.encode()
    if len(encoded) <= limit:
        return printable
    return encoded[: limit - 3].decode("utf-8", "ignore") + "…"
