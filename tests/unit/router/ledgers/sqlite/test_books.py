"""Two connections on one file, without the turns that writers take: SQLite's own lock is enough to be right."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from router.ledgers.contract import Account, AccountKey, Fresh, Reservation
from router.ledgers.errors import BudgetSpent
from router.ledgers.operations import Open, Reserve
from router.ledgers.sqlite.books import SqliteBooks
from router.ledgers.sqlite.schema import Durability, connect

WARD = AccountKey("ward")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[SqliteBooks, SqliteBooks]]:
    """On an account with a limit of 15. Neither waits for the other."""
    file = tmp_path / "ledger.sqlite"
    with closing(connect(file, Durability.FULL, 0.0)) as first, closing(connect(file, Durability.FULL, 0.0)) as second:
        books = SqliteBooks(first), SqliteBooks(second)
        books[0].begin()
        Open(Account(WARD, "patient", "replace", 1.0, 1e-6, 15), 0.0).apply(books[0])
        books[0].commit()
        yield books


def reserve(request_id: str) -> Reserve:
    return Reserve(Reservation("clinic", request_id, b"hash", ((WARD, 10),), b"event", "worker", 9.0), 1.0)


def test_a_transaction_begins_only_when_the_other_has_ended(pair: tuple[SqliteBooks, SqliteBooks]) -> None:
    first, second = pair
    first.begin()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        second.begin()
    first.commit()
    second.begin()
    second.commit()


def test_a_balance_that_another_has_changed_is_read_again(pair: tuple[SqliteBooks, SqliteBooks]) -> None:
    first, second = pair
    for books in pair:
        books.begin()
        sheet = books.find_account(WARD)
        assert sheet is not None and sheet.spent == 0
        books.commit()
    first.begin()
    assert isinstance(reserve("a").apply(first), Fresh)
    first.commit()
    second.begin()
    with pytest.raises(BudgetSpent):
        reserve("b").apply(second)
    second.commit()


def test_what_is_rolled_back_is_not_believed_afterwards(pair: tuple[SqliteBooks, SqliteBooks]) -> None:
    first, _ = pair
    first.begin()
    reserve("a").apply(first)
    first.roll_back()
    first.begin()
    assert isinstance(reserve("a").apply(first), Fresh)
    first.commit()
