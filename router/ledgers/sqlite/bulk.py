"""Many rows by one statement.

Python gives its lock away in every step of a statement and waits to have it back, up to 5 ms where another thread is
busy: rows that are stepped through one by one would stand in that queue each.
"""

from __future__ import annotations

import functools
import itertools
import sqlite3
from collections.abc import Sequence

_CHUNKS = (64, 8, 1)  # three prepared statements for any number of rows


def insert(connection: sqlite3.Connection, into: str, rows: Sequence[tuple[object, ...]], conflict: str = "") -> None:
    """`into` is "table (column, ...)"; `conflict` what follows the values."""
    start = 0
    for chunk in _CHUNKS:
        while len(rows) - start >= chunk:
            values = list(itertools.chain.from_iterable(rows[start : start + chunk]))
            connection.execute(_statement(into, chunk, conflict), values)
            start += chunk


@functools.cache
def _statement(into: str, rows: int, conflict: str) -> str:
    row = "(" + ", ".join("?" * (into.count(",") + 1)) + ")"
    return f"INSERT INTO {into} VALUES {', '.join([row] * rows)} {conflict}"
