"""Operations as messages: google.longrunning.Operation with faraday.v1.OperationMetadata."""

from __future__ import annotations

import re
from collections.abc import Mapping

from google.longrunning import operations_pb2
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import status_pb2

from faraday.v1 import operations_pb2 as pb
from router import errors, status
from router.errors import Malformed
from router.operations.contract import Operation, State

_NAME = re.compile(r"operations/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
_TYPES = "type.googleapis.com/"
_FILTERS = {"": None, "done=true": True, "done=false": False}
_STATES: Mapping[State, pb.OperationMetadata.State] = {
    State.WAITING: pb.OperationMetadata.STATE_WAITING,
    State.RUNNING: pb.OperationMetadata.STATE_RUNNING,
    State.SUCCEEDED: pb.OperationMetadata.STATE_SUCCEEDED,
    State.FAILED: pb.OperationMetadata.STATE_FAILED,
    State.CANCELLED: pb.OperationMetadata.STATE_CANCELLED,
}


def id_of(name: str) -> str:
    """Raises Malformed where it is not the name of an operation."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise Malformed('is not the name of an operation: "operations/" and a UUID', "name")
    return found[1]


def ended_of(filter: str) -> bool | None:
    """What a filter asks for; raises Malformed for one that is not understood."""
    terse = filter.replace(" ", "")
    if terse not in _FILTERS:
        raise Malformed('is not understood; write "done = true" or "done = false", or leave it out', "filter")
    return _FILTERS[terse]


def message(operation: Operation, outcome: bytes) -> operations_pb2.Operation:
    """`outcome` is empty where it has not ended, and where it is not asked for: then there is no response or error."""
    made = operations_pb2.Operation(name=f"operations/{operation.id}", done=operation.state.is_end)
    made.metadata.Pack(_metadata(operation))
    if operation.state is State.CANCELLED:
        made.error.CopyFrom(status.status_of(_cancelled(operation), ""))
    elif outcome:
        kept = made.response if operation.state is State.SUCCEEDED else made.error
        kept.ParseFromString(outcome)
    return made


def encoded(message: Message) -> bytes:
    return message.SerializeToString()


def unnamed(outcome: bytes) -> operations_pb2.Operation:
    """What validate_only gets: a response, and no operation."""
    made = operations_pb2.Operation(done=True)
    made.response.ParseFromString(outcome)
    return made


def response(name: str, body: bytes) -> bytes:
    """What is kept of a success: the response `body`, a message of that full name."""
    packed: bytes = Any(type_url=_TYPES + name, value=body).SerializeToString()
    return packed


def failure(found: status_pb2.Status) -> bytes:
    """What is kept of a failure."""
    kept: bytes = found.SerializeToString(deterministic=True)
    return kept


def _cancelled(operation: Operation) -> errors.OperationCancelled:
    return errors.OperationCancelled("the operation was cancelled", {"operation": f"operations/{operation.id}"})


def _metadata(operation: Operation) -> pb.OperationMetadata:
    made = pb.OperationMetadata(
        state=pb.OperationMetadata.STATE_CANCELLING if operation.cancelling else _STATES[operation.state],
        method=operation.method,
        model=operation.model,
        create_time=_timestamp(operation.created),
        expire_time=_timestamp(operation.expires),
        attempt_count=operation.attempt,
    )
    if operation.state.is_end:
        made.end_time.CopyFrom(_timestamp(operation.ended))
    progress = operation.progress
    if progress is not None:
        made.step_count = progress.step
        made.message = progress.message
        made.scalars.update(progress.scalars)
        if progress.fraction is not None:
            made.fraction = progress.fraction
    return made


def _timestamp(seconds: float) -> Timestamp:
    made = Timestamp()
    made.FromMicroseconds(round(seconds * 1e6))
    return made
