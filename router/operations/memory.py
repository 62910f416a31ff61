"""Operations in this process alone: for tests, and for whoever keeps nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from router.operations.contract import Books, Operation, Part, State, Viewer

T = TypeVar("T")


class MemoryBooks:
    """`router.operations.contract.Books`. Several stores may share one: workers of one host, as a test sees them."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}
        self._parts: dict[tuple[str, Part], bytes] = {}
        self._last = 0

    def add(self, operation: Operation) -> Operation:
        self._last += 1
        added = replace(operation, number=self._last)
        self._operations[added.id] = added
        return added

    def get(self, id: str) -> Operation | None:
        return self._operations.get(id)

    def of_request(self, tenant: str, subject: str, request_id: str) -> Operation | None:
        named = (tenant, subject, request_id)
        return next((o for o in self._operations.values() if (o.tenant, o.subject, o.request_id) == named), None)

    def change(self, operation: Operation) -> None:
        self._operations[operation.id] = operation

    def remove(self, id: str) -> None:
        del self._operations[id]
        for part in Part:
            self.drop(id, part)

    def count_unfinished(self, tenant: str) -> int:
        return sum(o.tenant == tenant and not o.state.is_end for o in self._operations.values())

    def claimable(self, now: float, limit: int) -> Sequence[Operation]:
        free = (
            o
            for o in self._operations.values()
            if o.state is State.WAITING or (o.state is State.RUNNING and o.lease <= now)
        )
        return sorted(free, key=lambda o: o.number)[:limit]

    def surplus(self, tenant: str, kept: int) -> Sequence[Operation]:
        ended = sorted(
            (o for o in self._operations.values() if o.tenant == tenant and o.state.is_end),
            key=lambda o: (o.ended, o.number),
            reverse=True,
        )
        return ended[kept:]

    def old(self, ended_before: float, limit: int) -> Sequence[Operation]:
        ended = (o for o in self._operations.values() if o.state.is_end and o.ended < ended_before)
        return sorted(ended, key=lambda o: (o.ended, o.number))[:limit]

    def page(self, viewer: Viewer, before: int, limit: int, ended: bool | None) -> Sequence[Operation]:
        seen = (
            o
            for o in self._operations.values()
            if viewer.sees(o) and o.number < before and ended in (None, o.state.is_end)
        )
        return sorted(seen, key=lambda o: -o.number)[:limit]

    def put(self, id: str, part: Part, body: bytes) -> None:
        self._parts[id, part] = body

    def read(self, id: str, part: Part) -> bytes | None:
        return self._parts.get((id, part))

    def drop(self, id: str, part: Part) -> None:
        self._parts.pop((id, part), None)


class MemoryTransactions:
    """Used from one event loop, so that each is alone."""

    def __init__(self, books: MemoryBooks) -> None:
        self._books = books

    async def run(self, work: Callable[[Books], T]) -> T:
        return work(self._books)

    async def close(self) -> None:
        pass
