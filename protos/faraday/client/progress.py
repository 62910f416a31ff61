"""How far a long-running operation is: `faraday.v1.OperationMetadata` as a value."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from faraday.client.errors import MalformedReply
from faraday.v1 import operations_pb2 as pb


class State(enum.Enum):
    """Where an operation stands."""

    UNSPECIFIED = pb.OperationMetadata.STATE_UNSPECIFIED
    WAITING = pb.OperationMetadata.STATE_WAITING  # for a router worker to take it up
    RUNNING = pb.OperationMetadata.STATE_RUNNING
    CANCELLING = pb.OperationMetadata.STATE_CANCELLING  # it stops at its next step
    SUCCEEDED = pb.OperationMetadata.STATE_SUCCEEDED
    FAILED = pb.OperationMetadata.STATE_FAILED
    CANCELLED = pb.OperationMetadata.STATE_CANCELLED

    @classmethod
    def _missing_(cls, value: object) -> State:
        return cls.UNSPECIFIED  # of a newer server


@dataclass(frozen=True)
class Progress:
    """An operation at one moment."""

    state: State
    step_count: int  # how many are done; it goes back to the last checkpoint where a replica was lost
    fraction: float | None  # of the whole, 0 to 1; None where nobody can tell
    message: str  # what the model says of its last step
    scalars: Mapping[str, float]  # what it tells in numbers, by name, such as the objective
    method: str
    model: str
    created: datetime
    expires: datetime  # when it is given up, if it has not ended
    ended: datetime | None
    attempt_count: int  # how often a router worker has taken it up

    def __str__(self) -> str:
        far = "" if self.fraction is None else f" ({self.fraction:.0%})"
        parts = (self.state.name.lower(), self.model, f"step {self.step_count}{far}", self.message)
        return "  ".join(part for part in parts if part)


def progress(operation: Any) -> Progress:
    """Of a google.longrunning.Operation, which ships no types. Raises `MalformedReply`."""
    metadata = pb.OperationMetadata()
    if not operation.metadata.Unpack(metadata):
        raise MalformedReply(f"the operation {operation.name} came without its metadata")
    return Progress(
        state=State(metadata.state),
        step_count=metadata.step_count,
        fraction=metadata.fraction if metadata.HasField("fraction") else None,
        message=metadata.message,
        scalars=dict(metadata.scalars),
        method=metadata.method,
        model=metadata.model,
        created=metadata.create_time.ToDatetime(UTC),
        expires=metadata.expire_time.ToDatetime(UTC),
        ended=metadata.end_time.ToDatetime(UTC) if metadata.HasField("end_time") else None,
        attempt_count=metadata.attempt_count,
    )
