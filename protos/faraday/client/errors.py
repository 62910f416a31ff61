"""What can go wrong, as a tree.

FaradayError
├── NoLocalServer        no server of `faraday up` answers on this machine
├── PlaintextToken       a token would cross a network without TLS; nothing was sent
├── PlotUnavailable      matplotlib is not installed
├── MalformedReply       the answer is not what the contract promises
├── NotConverged         an answer is not good enough to be differentiated through
└── CallFailed           the server, or the way to it, said no: `failure` says why
    ├── InvalidRequest   INVALID_ARGUMENT: `failure.violations` names the fields
    ├── Unauthenticated  UNAUTHENTICATED: no, expired or unknown token
    ├── Forbidden        PERMISSION_DENIED: the principal lacks the role
    ├── NotFound         NOT_FOUND: no such model or resource
    ├── RequestIdReused  the request_id belongs to another request
    ├── AccountExists    the privacy account is open with other terms
    ├── BudgetSpent      the privacy budget does not pay for this answer; it will not come back
    ├── AccountFrozen    the data owner has stopped the privacy account
    ├── OperationRunning    the operation has not ended; cancel it first
    ├── OperationCancelled  the operation was cancelled before it had a result
    ├── TooManyOperations   the tenant has as many operations under way as it may
    ├── TooLarge         RESOURCE_EXHAUSTED: a message is over a limit; it will not come back
    ├── RateLimited      RESOURCE_EXHAUSTED with a delay: ask again after `failure.retry_after_s`
    ├── Unavailable      UNAVAILABLE: still so after every retry that the deadline allowed
    ├── DeadlineExceeded DEADLINE_EXCEEDED: the answer did not come in time
    └── ServerError      anything else: quote `failure.error_id` to the operator

Every one pickles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import grpc
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2

DETAILS = "grpc-status-details-bin"  # the trailer that carries google.rpc.Status


@dataclass(frozen=True)
class Violation:
    """One field of the request that is wrong."""

    field: str  # its path, e.g. "diffusion.conductivity"
    description: str
    reason: str = ""  # UPPER_SNAKE, where the server gives one


@dataclass(frozen=True)
class Failure:
    """A google.rpc.Status, read."""

    code: str  # the name of the gRPC code, e.g. "INVALID_ARGUMENT"
    message: str
    reason: str = ""  # UPPER_SNAKE and stable; empty where the failure did not come from a Faraday server
    domain: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)  # repeats each dynamic part of the message
    violations: tuple[Violation, ...] = ()
    retry_after_s: float | None = None
    request_id: str = ""

    @property
    def error_id(self) -> str:
        """Names the entry in the server's log; empty where there is none."""
        return self.metadata.get("error_id", "")

    def __str__(self) -> str:
        wrong = [f"{v.field}: {v.description}" if v.field else v.description for v in self.violations]
        told = "; ".join(wrong) if self._message_is_a_violation() else "; ".join([self.message, *wrong])
        ids = [f"{name} {value}" for name, value in (("request", self.request_id), ("error", self.error_id)) if value]
        return f"{self.reason or self.code}: {told}" + (f" ({', '.join(ids)})" if ids else "")

    def _message_is_a_violation(self) -> bool:
        return any(violation.description == self.message for violation in self.violations)


class FaradayError(Exception):
    """Any error of this library."""


class NoLocalServer(FaradayError):
    """No server of `faraday up` answers on this machine for this user."""


class PlaintextToken(FaradayError):
    """A token would cross a network without TLS. Nothing was sent."""


class PlotUnavailable(FaradayError):
    """matplotlib is not installed."""


class MalformedReply(FaradayError):
    """The answer is not what the contract promises: a defect of the server, or another version of it."""


class NotConverged(FaradayError):
    """The server's answer is the best that it reached, and no solution: what torch or JAX would make of it is wrong."""


class CallFailed(FaradayError):
    """The server, or the way to it, said no."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure

    def __str__(self) -> str:
        return str(self.failure)


class InvalidRequest(CallFailed):
    """The request makes no sense as it is. Nothing was computed."""


class Unauthenticated(CallFailed):
    """The server does not know who asks."""


class Forbidden(CallFailed):
    """The server knows who asks, and that is not enough."""


class NotFound(CallFailed):
    """There is no such thing, or not for this principal."""


class RequestIdReused(CallFailed):
    """The request_id belongs to another request."""


class AccountExists(CallFailed):
    """The privacy account is open with other terms, and terms are for ever."""


class BudgetSpent(CallFailed):
    """The privacy budget does not pay for this answer: `failure.metadata` has the account, what was asked and what is
    left. It will not come back."""


class AccountFrozen(CallFailed):
    """The data owner has stopped the privacy account."""


class OperationRunning(CallFailed):
    """The operation has not ended; cancel it first."""


class OperationCancelled(CallFailed):
    """The operation was cancelled before it had a result."""


class TooManyOperations(CallFailed):
    """The tenant has as many operations under way as it may: wait for one, or cancel one."""


class TooLarge(CallFailed):
    """A message is over a limit of the server, or of this client."""


class RateLimited(CallFailed):
    """Over the principal's rate; `failure.retry_after_s` says when it comes back."""


class Unavailable(CallFailed):
    """The server could not take the request now; every retry that the deadline allowed has been made."""


class DeadlineExceeded(CallFailed):
    """The answer did not come in time; it may have been computed. A repeat with the same request_id is safe."""


class ServerError(CallFailed):
    """The server failed, or said what this client does not know."""


_BY_REASON: dict[str, type[CallFailed]] = {
    "REQUEST_ID_REUSED": RequestIdReused,
    "ACCOUNT_EXISTS": AccountExists,
    "PRIVACY_BUDGET_SPENT": BudgetSpent,
    "ACCOUNT_FROZEN": AccountFrozen,
    "OPERATION_RUNNING": OperationRunning,
    "OPERATION_CANCELLED": OperationCancelled,
    "TOO_MANY_OPERATIONS": TooManyOperations,
}
_BY_CODE: dict[str, type[CallFailed]] = {
    "INVALID_ARGUMENT": InvalidRequest,
    "UNAUTHENTICATED": Unauthenticated,
    "PERMISSION_DENIED": Forbidden,
    "NOT_FOUND": NotFound,
    "RESOURCE_EXHAUSTED": TooLarge,
    "UNAVAILABLE": Unavailable,
    "DEADLINE_EXCEEDED": DeadlineExceeded,
}


def from_rpc(error: grpc.RpcError, request_id: str) -> CallFailed:
    """The typed error for what gRPC raised."""
    return _typed(error.code().name, error.details() or "", _status(error), request_id)


def from_status(status: status_pb2.Status) -> CallFailed:
    """The typed error for a status inside an answer."""
    return _typed(code_pb2.Code.Name(status.code), "", status, "")


def _typed(code: str, details: str, status: status_pb2.Status, request_id: str) -> CallFailed:
    failure = _failure(code, details, status, request_id)
    if failure.code == "RESOURCE_EXHAUSTED" and failure.retry_after_s is not None:
        return RateLimited(failure)
    return _BY_REASON.get(failure.reason, _BY_CODE.get(failure.code, ServerError))(failure)


def _failure(code: str, details: str, status: status_pb2.Status, request_id: str) -> Failure:
    """`details` is the message where the status has none."""
    info, bad, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    has_retry = False
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
        has_retry |= detail.Unpack(retry)
    return Failure(
        code=code,
        message=status.message or details or "no message",
        reason=info.reason,
        domain=info.domain,
        metadata=dict(info.metadata),
        violations=tuple(Violation(v.field, v.description, v.reason) for v in bad.field_violations),
        retry_after_s=retry.retry_delay.ToTimedelta().total_seconds() if has_retry else None,
        request_id=request_id,
    )


def _status(error: grpc.RpcError) -> status_pb2.Status:
    """The status in the trailer; an empty one where a proxy or gRPC itself answered, or where it does not parse."""
    packed = dict(error.trailing_metadata() or ()).get(DETAILS, b"")
    try:
        return status_pb2.Status.FromString(packed)
    except DecodeError:
        return status_pb2.Status()
