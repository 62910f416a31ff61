"""What only a file can be: somebody else's, closed, or out of reach."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from router.errors import OperationsUnavailable
from router.operations.contract import Limits, Viewer
from router.operations.sqlite import open_operations
from router.operations.store import OperationStore
from tests.conformance.operations.examples import operation

ADA = Viewer("charite", "ada")


async def test_what_was_kept_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    first = OperationStore(await open_operations(tmp_path / "a.sqlite"), Limits())
    made, _ = await first.create(operation(1), b"request")
    await first.close()
    second = OperationStore(await open_operations(tmp_path / "a.sqlite"), Limits())
    assert await second.get(ADA, made.id) == (made, b"")
    await second.close()


async def test_the_file_is_for_this_user_alone(tmp_path: Path) -> None:
    transactions = await open_operations(tmp_path / "a.sqlite")
    assert (tmp_path / "a.sqlite").stat().st_mode & 0o777 == 0o600
    await transactions.close()


async def test_a_closed_store_is_unavailable(tmp_path: Path) -> None:
    store = OperationStore(await open_operations(tmp_path / "a.sqlite"), Limits())
    await store.close()
    with pytest.raises(OperationsUnavailable, match="closed"):
        await store.get(ADA, "x")


async def test_another_database_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection:
        connection.execute("CREATE TABLE other (id)")
        connection.execute("PRAGMA application_id = 5")
    with pytest.raises(OperationsUnavailable, match="some other database"):
        await open_operations(tmp_path / "a.sqlite")


async def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    with pytest.raises(OperationsUnavailable):
        await open_operations(tmp_path / "missing" / "a.sqlite")


async def test_another_process_that_holds_the_file_too_long_is_told_and_changes_nothing(tmp_path: Path) -> None:
    store = OperationStore(await open_operations(tmp_path / "a.sqlite", patience_s=0.05), Limits())
    with closing(sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationsUnavailable):
            await store.create(operation(1), b"request")
    assert await store.page(ADA, 1 << 62, 10, None) == []
    await store.close()
