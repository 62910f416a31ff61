"""Any history gives the same answers from every store."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import Progress
from router.errors import Rejection
from router.operations.contract import LeaseLost, Operation, State
from router.operations.memory import MemoryBooks, MemoryTransactions
from router.operations.sqlite import open_operations
from router.operations.store import OperationStore
from tests.conformance.operations.conftest import LIMITS
from tests.conformance.operations.examples import ADA, BOB, CHIEF, operation

VIEWERS = (ADA, BOB, CHIEF)
Deed = tuple[str, int, int]  # what is done, to which operation or by whom, and how
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["create", "claim", "keep", "let go", "finish", "cancel", "delete", "page", "forget"]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=40,
)


class History:
    """Deeds on one store, a second apart, and what was answered."""

    def __init__(self, store: OperationStore) -> None:
        self.store = store
        self.made: list[Operation] = []
        self.held: list[Operation] = []
        self.now = 0.0

    async def do(self, deed: Deed) -> Any:
        self.now += 1.0
        try:
            return await self._do(*deed)
        except (Rejection, LeaseLost) as refusal:
            return type(refusal)

    async def _do(self, what: str, which: int, how: int) -> Any:
        viewer = VIEWERS[how % 3]
        match what:
            case "create":
                request_id = f"11111111-1111-4111-8111-{which:012d}" if how else ""
                fresh = operation(int(self.now), request_id=request_id, subject=("ada", "bob")[how % 2])
                made, new = await self.store.create(fresh, b"request")
                self.made.append(made)
                return made, new
            case "claim":
                claims = await self.store.claim(f"worker-{which}", self.now, 5.0, how)
                self.held += [claim.operation for claim in claims]
                return claims
            case "page":
                ended = (None, True, False)[which % 3]
                return list(await self.store.page(viewer, 1 << 62, 1 + how, ended))
            case "forget":
                return await self.store.forget_old(self.now + 90.0 + 4 * how)
            case "cancel" | "delete" if self.made:
                id = self.made[-1 - which % len(self.made)].id
                return await (
                    self.store.cancel(viewer, id, self.now) if what == "cancel" else self.store.delete(viewer, id)
                )
            case "keep" | "let go" | "finish" if self.held:
                held = self.held[-1 - which % len(self.held)]
                if what == "keep":
                    progress = Progress(how) if how else None
                    return await self.store.keep(held, progress, b"state" if how > 1 else None, self.now + 5.0)
                if what == "let go":
                    return await self.store.let_go(held)
                return await self.store.finish(held, None, State(2 + how % 3), b"outcome", self.now)
        return None


async def answers(store: OperationStore, deeds: list[Deed]) -> list[Any]:
    history = History(store)
    try:
        return [await history.do(deed) for deed in deeds]
    finally:
        await store.close()


async def both(deeds: list[Deed]) -> tuple[list[Any], list[Any]]:
    with tempfile.TemporaryDirectory() as folder:
        file = await open_operations(Path(folder) / "operations.sqlite")
        from_file = await answers(OperationStore(file, LIMITS), deeds)
    return await answers(OperationStore(MemoryTransactions(MemoryBooks()), LIMITS), deeds), from_file


@settings(max_examples=30, deadline=None)
@given(DEEDS)
def test_the_file_answers_as_the_memory_does(deeds: list[Deed]) -> None:
    memory, file = asyncio.run(both(deeds))
    assert memory == file
