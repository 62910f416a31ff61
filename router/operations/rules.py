"""What may happen to an operation: every transition is a function on the books of one transaction.

Each raises before it changes anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from models.base import Progress
from router.errors import OperationRunning, RequestIdReused, TooManyOperations, UnknownOperation
from router.operations.contract import Books, Claim, LeaseLost, Limits, Operation, Part, State, Viewer

# A worker that dies over an operation says nothing of why: after so many it is held to be the cause.
MAX_FUTILE = 5
FORGOTTEN_AT_ONCE = 20


def create(books: Books, operation: Operation, request: bytes, limits: Limits) -> tuple[Operation, bool]:
    """(the operation, whether it is a new one): a request_id of the same owner's names one operation.

    Raises RequestIdReused and TooManyOperations.
    """
    if operation.request_id:
        earlier = books.of_request(operation.tenant, operation.subject, operation.request_id)
        if earlier is not None:
            if earlier.request_hash != operation.request_hash:
                details = {"request_id": operation.request_id}
                raise RequestIdReused("the request_id belongs to another request", details)
            return earlier, False
    unfinished = books.count_unfinished(operation.tenant)
    if unfinished >= limits.unfinished:
        details = {"tenant": operation.tenant, "unfinished": str(unfinished), "limit": str(limits.unfinished)}
        message = f"{operation.tenant} has {unfinished} operations under way; wait for one, or cancel one"
        raise TooManyOperations(message, details)
    added = books.add(operation)
    books.put(added.id, Part.REQUEST, request)
    for surplus in books.surplus(operation.tenant, limits.kept):
        books.remove(surplus.id)
    return added, True


def claim(books: Books, holder: str, now: float, lease_s: float, room: int) -> Sequence[Claim]:
    """Take up to `room` operations that nobody runs. One that somebody wants to stop ends here."""
    claims = []
    for found in books.claimable(now, room):
        if found.cancelling:
            _end(books, found, State.CANCELLED, b"", now)
            continue
        operation = replace(
            found,
            revision=found.revision + 1,
            state=State.RUNNING,
            holder=holder,
            attempt=found.attempt + 1,
            futile=found.futile + 1,
            lease=now + lease_s,
        )
        books.change(operation)
        request = books.read(operation.id, Part.REQUEST)
        assert request is not None, "it is kept until the end"
        claims.append(Claim(operation, request, books.read(operation.id, Part.CHECKPOINT)))
    return claims


def keep(books: Books, held: Operation, progress: Progress | None, checkpoint: bytes | None, until: float) -> Operation:
    """Hold on to an operation until then, and note how far it is; None: no further than before. Raises LeaseLost."""
    operation = _held(books, held)
    if progress is not None:
        operation = replace(operation, progress=progress, futile=0, revision=operation.revision + 1)
    operation = replace(operation, lease=until)
    books.change(operation)
    if checkpoint is not None:
        books.put(operation.id, Part.CHECKPOINT, checkpoint)
    return operation


def let_go(books: Books, held: Operation) -> None:
    """Leave it to another worker, at once. Raises LeaseLost."""
    operation = _held(books, held)
    futile = max(0, operation.futile - 1)  # this worker did not die over it
    books.change(
        replace(operation, state=State.WAITING, holder="", lease=0.0, futile=futile, revision=operation.revision + 1)
    )


def finish(
    books: Books, held: Operation, progress: Progress | None, state: State, outcome: bytes, now: float
) -> Operation:
    """`progress` as in `keep`. Raises LeaseLost."""
    operation = _held(books, held)
    if progress is not None:
        operation = replace(operation, progress=progress)
    return _end(books, operation, state, outcome, now)


def get(books: Books, viewer: Viewer, id: str) -> tuple[Operation, bytes]:
    """With its outcome, empty where there is none. Raises UnknownOperation."""
    operation = _seen(books, viewer, id)
    return operation, books.read(id, Part.OUTCOME) or b""


def cancel(books: Books, viewer: Viewer, id: str, now: float) -> Operation:
    """At once where nobody runs it, else soon; one that has ended stays as it is. Raises UnknownOperation."""
    operation = _seen(books, viewer, id)
    if operation.state is State.WAITING:
        return _end(books, operation, State.CANCELLED, b"", now)
    if operation.state.is_end or operation.cancelling:
        return operation
    operation = replace(operation, cancelling=True, revision=operation.revision + 1)
    books.change(operation)
    return operation


def delete(books: Books, viewer: Viewer, id: str) -> None:
    """Raises UnknownOperation, and OperationRunning where it has not ended."""
    operation = _seen(books, viewer, id)
    if not operation.state.is_end:
        raise OperationRunning("the operation has not ended; cancel it first", {"operation": f"operations/{id}"})
    books.remove(id)


def forget(books: Books, ended_before: float) -> int:
    """Forget some of those that ended before then; how many. Again until it is none: large parts take time."""
    old = books.old(ended_before, FORGOTTEN_AT_ONCE)
    for operation in old:
        books.remove(operation.id)
    return len(old)


def _seen(books: Books, viewer: Viewer, id: str) -> Operation:
    """That somebody else's operation exists is none of the viewer's business."""
    operation = books.get(id)
    if operation is None or not viewer.sees(operation):
        raise UnknownOperation(f"there is no operation operations/{id}", {"operation": f"operations/{id}"})
    return operation


def _held(books: Books, held: Operation) -> Operation:
    operation = books.get(held.id)
    if operation is None or operation.state is not State.RUNNING or operation.attempt != held.attempt:
        raise LeaseLost(held.id)
    return operation


def _end(books: Books, operation: Operation, state: State, outcome: bytes, now: float) -> Operation:
    ended = replace(
        operation,
        state=state,
        ended=now,
        holder="",
        lease=0.0,
        cancelling=False,
        revision=operation.revision + 1,
    )
    books.change(ended)
    books.put(ended.id, Part.OUTCOME, outcome)
    books.drop(ended.id, Part.REQUEST)
    books.drop(ended.id, Part.CHECKPOINT)
    return ended
