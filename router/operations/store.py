"""The rules, one transaction each, on whichever store."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from models.base import Progress
from router.operations import rules
from router.operations.contract import Books, Claim, Limits, Operation, State, Transactions, Viewer


class OperationStore:
    """Every method raises what its rule raises, and `router.errors.OperationsUnavailable`."""

    def __init__(self, transactions: Transactions, limits: Limits) -> None:
        self._transactions = transactions
        self._limits = limits

    async def create(self, operation: Operation, request: bytes) -> tuple[Operation, bool]:
        return await self._transactions.run(
            partial(rules.create, operation=operation, request=request, limits=self._limits)
        )

    async def claim(self, holder: str, now: float, lease_s: float, room: int) -> Sequence[Claim]:
        return await self._transactions.run(partial(rules.claim, holder=holder, now=now, lease_s=lease_s, room=room))

    async def keep(
        self, held: Operation, progress: Progress | None, checkpoint: bytes | None, until: float
    ) -> Operation:
        return await self._transactions.run(
            partial(rules.keep, held=held, progress=progress, checkpoint=checkpoint, until=until)
        )

    async def let_go(self, held: Operation) -> None:
        await self._transactions.run(partial(rules.let_go, held=held))

    async def finish(
        self, held: Operation, progress: Progress | None, state: State, outcome: bytes, now: float
    ) -> Operation:
        return await self._transactions.run(
            partial(rules.finish, held=held, progress=progress, state=state, outcome=outcome, now=now)
        )

    async def get(self, viewer: Viewer, id: str) -> tuple[Operation, bytes]:
        return await self._transactions.run(partial(rules.get, viewer=viewer, id=id))

    async def cancel(self, viewer: Viewer, id: str, now: float) -> Operation:
        return await self._transactions.run(partial(rules.cancel, viewer=viewer, id=id, now=now))

    async def delete(self, viewer: Viewer, id: str) -> None:
        await self._transactions.run(partial(rules.delete, viewer=viewer, id=id))

    async def forget_old(self, now: float) -> int:
        """How many; again until it is none."""
        return await self._transactions.run(partial(rules.forget, ended_before=now - self._limits.retention_s))

    async def page(self, viewer: Viewer, before: int, limit: int, ended: bool | None) -> Sequence[Operation]:
        def read(books: Books) -> Sequence[Operation]:
            return books.page(viewer, before, limit, ended)

        return await self._transactions.run(read)

    async def close(self) -> None:
        await self._transactions.close()
