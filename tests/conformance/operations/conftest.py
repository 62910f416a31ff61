"""Every store of operations, under the same names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.operations.contract import Limits
from router.operations.memory import MemoryBooks, MemoryTransactions
from router.operations.sqlite import open_operations
from router.operations.store import OperationStore

LIMITS = Limits(unfinished=3, kept=4, retention_s=100.0)


Stores = tuple[OperationStore, OperationStore]


@pytest.fixture(params=["memory", "sqlite"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    """Two handles on the same operations, as two workers of a host have them."""
    if request.param == "memory":
        books = MemoryBooks()
        both = OperationStore(MemoryTransactions(books), LIMITS), OperationStore(MemoryTransactions(books), LIMITS)
    else:
        file = tmp_path / "operations.sqlite"
        both = (
            OperationStore(await open_operations(file), LIMITS),
            OperationStore(await open_operations(file), LIMITS),
        )
    yield both
    for each in both:
        await each.close()
