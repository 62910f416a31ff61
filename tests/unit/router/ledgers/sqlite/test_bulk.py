"""Any number of rows by few statements."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from router.ledgers.sqlite.bulk import insert


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 63, 64, 65, 200])
def test_all_rows_arrive_in_their_order(count: int) -> None:
    rows = [(number, str(number)) for number in range(count)]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, name TEXT)")
        insert(connection, "kept (id, name)", rows)
        assert connection.execute("SELECT id, name FROM kept ORDER BY id").fetchall() == rows


def test_a_conflict_is_settled_as_asked() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, name TEXT)")
        for name in ("before", "after"):
            update = "ON CONFLICT (id) DO UPDATE SET name = excluded.name"
            insert(connection, "kept (id, name)", [(number, name) for number in range(9)], update)
        assert connection.execute("SELECT DISTINCT name FROM kept").fetchall() == [("after",)]
