"""Why the router says no. A model's own no is `models.base.Refusal`; `router.status` turns both into google.rpc.Status.

Rejection
├── Unauthenticated      no, expired, forged or unknown credential
├── Forbidden            the principal lacks the role
├── Malformed            the bytes are not the message that the method takes, or an option makes no sense
├── TooLarge             the message or its metadata is over the limit
├── BodyTimeout          the message did not arrive in time
├── UnknownModel         no such model here
├── UnknownMesh          the tenant has no such mesh here, or no longer
├── UnknownArtefact      the tenant has no operator of this name and version, and there is no public one
├── UnknownMethod        no such RPC here
├── UnknownService       health was asked of a service that is not here
├── RequestIdReused      the request_id belongs to another request
├── RateLimited          over the principal's rate; comes back
├── Overloaded           shed before any work; comes back
├── NoReplica            no replica answered in time; comes back
│   └── NoReplicaLeft    one was asked, and went away
├── ShuttingDown         this router stops; another takes the call
├── ReplicaLost          replica after replica died over this one request
├── DeadlinePassed       the answer would come too late
├── NotTheOwner          the dataset belongs to another tenant
├── NotGranted           the tenant may not ask of this dataset
├── UnknownAccount       the dataset has no privacy account
├── AccountExists        it has one with other terms
├── BudgetSpent          the privacy budget does not pay for this answer; it does not come back
├── AccountFrozen        the data owner has stopped the account
├── LedgerUnavailable    privacy cannot be charged, so nothing is answered
├── InProgress           the same request is being answered; comes back
├── UnknownOperation     no such operation, or not one that the caller sees
├── OperationRunning     the operation has not ended
├── OperationCancelled   the operation was cancelled before it had an answer
├── TooManyOperations    the tenant has as many under way as it may
├── OperationsUnavailable  operations cannot be kept or read; comes back
└── UpstreamFailed       the external inference server that backs this model failed
"""

from __future__ import annotations

from collections.abc import Mapping


class Rejection(Exception):
    """`reason` is UPPER_SNAKE and part of the contract; `details` repeats each dynamic part of the message."""

    reason = "REJECTED"

    def __init__(self, message: str, details: Mapping[str, str] | None = None) -> None:
        super().__init__(message, dict(details or {}))
        self.message = message
        self.details = dict(details or {})

    def __str__(self) -> str:
        return self.message


class Unauthenticated(Rejection):
    """`reason` is finer here: CREDENTIAL_MISSING, CREDENTIAL_INVALID or CREDENTIAL_EXPIRED."""

    def __init__(self, reason: str, message: str) -> None:
        Exception.__init__(self, reason, message)
        self.reason = reason
        self.message = message
        self.details: dict[str, str] = {}


class Forbidden(Rejection):
    reason = "ROLE_MISSING"


class Malformed(Rejection):
    """`field` is the path in the request, or empty where the bytes do not parse at all."""

    reason = "MALFORMED_REQUEST"

    def __init__(self, message: str, field: str = "", details: Mapping[str, str] | None = None) -> None:
        Exception.__init__(self, message, field, dict(details or {}))
        self.message = message
        self.field = field
        self.details = dict(details or {})


class TooLarge(Rejection):
    reason = "REQUEST_TOO_LARGE"


class BodyTimeout(Rejection):
    reason = "BODY_TIMEOUT"


class UnknownModel(Rejection):
    reason = "UNKNOWN_MODEL"


class UnknownService(Rejection):
    reason = "UNKNOWN_SERVICE"


class UnknownMesh(Rejection):
    reason = "UNKNOWN_MESH"


class UnknownArtefact(Rejection):
    reason = "UNKNOWN_ARTEFACT"


class UnknownMethod(Rejection):
    reason = "UNKNOWN_METHOD"


class RequestIdReused(Rejection):
    reason = "REQUEST_ID_REUSED"


class Passing(Rejection):
    """A no that goes away: `retry_after_s` says when to ask again."""

    def __init__(self, message: str, retry_after_s: float, details: Mapping[str, str] | None = None) -> None:
        Exception.__init__(self, message, retry_after_s, dict(details or {}))
        self.message = message
        self.retry_after_s = retry_after_s
        self.details = dict(details or {})


class RateLimited(Passing):
    reason = "RATE_LIMITED"


class Overloaded(Passing):
    reason = "OVERLOADED"


class NoReplica(Passing):
    reason = "NO_REPLICA"


class NoReplicaLeft(NoReplica):
    """One was asked and went away before it answered."""


class ShuttingDown(Passing):
    reason = "SHUTTING_DOWN"


class ReplicaLost(Rejection):
    reason = "REPLICA_LOST"


class DeadlinePassed(Rejection):
    reason = "DEADLINE_PASSED"


class UpstreamFailed(Passing):
    reason = "UPSTREAM_FAILED"


class NotTheOwner(Rejection):
    reason = "NOT_THE_OWNER"


class NotGranted(Rejection):
    reason = "DATASET_NOT_GRANTED"


class UnknownAccount(Rejection):
    reason = "UNKNOWN_ACCOUNT"


class AccountExists(Rejection):
    reason = "ACCOUNT_EXISTS"


class BudgetSpent(Rejection):
    """`details` has the account, and what was asked of it and what is left, in 1e-12 ρ."""

    reason = "PRIVACY_BUDGET_SPENT"


class AccountFrozen(Rejection):
    """`details` has the account and the reason."""

    reason = "ACCOUNT_FROZEN"


class LedgerUnavailable(Passing):
    reason = "LEDGER_UNAVAILABLE"


class InProgress(Passing):
    reason = "REQUEST_IN_PROGRESS"


class UnknownOperation(Rejection):
    reason = "UNKNOWN_OPERATION"


class OperationRunning(Rejection):
    """`details` has the operation."""

    reason = "OPERATION_RUNNING"


class OperationCancelled(Rejection):
    """The error of an operation, not of a call."""

    reason = "OPERATION_CANCELLED"


class TooManyOperations(Rejection):
    """`details` has the tenant, how many it has under way and how many it may."""

    reason = "TOO_MANY_OPERATIONS"


class OperationsUnavailable(Passing):
    reason = "OPERATIONS_UNAVAILABLE"
