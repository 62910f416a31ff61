"""What an operation is, and what a store of operations keeps of it. Times are Unix seconds."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from models.base import Progress


class State(enum.IntEnum):
    WAITING = 0  # for a worker
    RUNNING = 1  # a worker holds its lease
    SUCCEEDED = 2
    FAILED = 3
    CANCELLED = 4

    @property
    def is_end(self) -> bool:
        return self >= State.SUCCEEDED


class Operation(msgspec.Struct, frozen=True):
    """One long-running call. Its large parts, see `Part`, are kept beside it."""

    id: str  # UUID4
    tenant: str
    subject: str  # whose it is, within the tenant
    method: str  # "/package.Service/Method": the call that started it
    model: str
    created: float
    expires: float  # its answer is worthless afterwards
    request_id: str = ""
    request_hash: bytes = b""
    trace: str = ""  # traceparent of the call that started it, where that was sampled
    trace_state: str = ""
    number: int = 0  # the store's own, in order of creation
    revision: int = 0  # goes up whenever anything here changes
    state: State = State.WAITING
    cancelling: bool = False  # somebody wants it to stop, and it has not yet
    holder: str = ""  # the worker that runs it
    attempt: int = 0  # how often a worker has taken it up; what an earlier one still says counts for nothing
    futile: int = 0  # how often since its last step
    lease: float = 0.0  # until when the holder has it for itself
    progress: Progress | None = None
    ended: float = 0.0


class Part(enum.IntEnum):
    REQUEST = 0  # the body of the call; until the end
    CHECKPOINT = 1  # until the end
    OUTCOME = 2  # after the end: the response, or the google.rpc.Status of a failure


class Viewer(msgspec.Struct, frozen=True):
    """Who asks after operations: their owner, or somebody who sees those of the whole tenant."""

    tenant: str
    subject: str | None  # None: all of the tenant

    def sees(self, operation: Operation) -> bool:
        return operation.tenant == self.tenant and self.subject in (None, operation.subject)


class Limits(msgspec.Struct, frozen=True):
    """Of one tenant."""

    unfinished: int = 8
    kept: int = 200  # that have ended; the oldest are forgotten first
    retention_s: float = 7 * 86400.0  # how long one that has ended is kept at most


class Claim(msgspec.Struct, frozen=True):
    """An operation that a worker has just taken up."""

    operation: Operation
    request: bytes
    checkpoint: bytes | None


class LeaseLost(Exception):
    """The operation is not this worker's any more: what it did since counts for nothing."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.id = id


class Books(Protocol):
    """What the rules read and write, within one transaction."""

    def add(self, operation: Operation) -> Operation:
        """The same with its `number`."""
        ...

    def get(self, id: str) -> Operation | None: ...

    def of_request(self, tenant: str, subject: str, request_id: str) -> Operation | None: ...

    def change(self, operation: Operation) -> None: ...

    def remove(self, id: str) -> None:
        """With all its parts."""
        ...

    def count_unfinished(self, tenant: str) -> int: ...

    def claimable(self, now: float, limit: int) -> Sequence[Operation]:
        """Those that wait, and those whose lease has run out; oldest first."""
        ...

    def surplus(self, tenant: str, kept: int) -> Sequence[Operation]:
        """Those of a tenant that ended before `kept` others of its that ended."""
        ...

    def old(self, ended_before: float, limit: int) -> Sequence[Operation]:
        """Those of any tenant that ended before then."""
        ...

    def page(self, viewer: Viewer, before: int, limit: int, ended: bool | None) -> Sequence[Operation]:
        """Newest first, with a number below `before`; `ended` None: whether or not."""
        ...

    def put(self, id: str, part: Part, body: bytes) -> None:
        """In place of what is there."""
        ...

    def read(self, id: str, part: Part) -> bytes | None: ...

    def drop(self, id: str, part: Part) -> None: ...


T = TypeVar("T")


class Transactions(Protocol):
    """A store: whatever `work` does is done wholly, durably and alone, or not at all.

    `work` raises `router.errors.Rejection` or `LeaseLost` before any change, and nothing else.
    """

    def run(self, work: Callable[[Books], T]) -> Awaitable[T]:
        """Raises `router.errors.OperationsUnavailable` as well; whether anything was done is unknown then."""
        ...

    async def close(self) -> None: ...
