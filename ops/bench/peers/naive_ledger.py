"""A ledger as one would write it first: SQLite, a transaction for every operation, one after the other.

    naive_ledger.py FILE SECONDS OPERATIONS

OPERATIONS is 3 (reserve; release; settle) or 2 (reserve; release and settle in one). However many clients there are,
their transactions follow one another, so a single loop without threads, locks or queues is this design at its best. It
keeps no log of events and no hashes of answers, which ours does. Prints, as JSON, requests and seconds.
"""

import json
import sqlite3
import sys
import time

TABLES = """
CREATE TABLE account (id INTEGER PRIMARY KEY, most INTEGER NOT NULL, spent INTEGER NOT NULL);
CREATE TABLE attempt (
  id INTEGER PRIMARY KEY, request TEXT NOT NULL UNIQUE, account INTEGER NOT NULL, cost INTEGER NOT NULL,
  state TEXT NOT NULL, answer BLOB
);
INSERT INTO account VALUES (1, 1000000000000000000, 0);
"""
COST, ACTUAL = 10, 5


def reserve(connection: sqlite3.Connection, request: str) -> int:
    connection.execute("BEGIN IMMEDIATE")
    most, spent = connection.execute("SELECT most, spent FROM account WHERE id = 1").fetchone()
    if spent + COST > most:
        connection.execute("ROLLBACK")
        raise SystemExit("the budget is spent")
    connection.execute("UPDATE account SET spent = spent + ? WHERE id = 1", (COST,))
    attempt = connection.execute(
        "INSERT INTO attempt (request, account, cost, state) VALUES (?, 1, ?, 'reserved')", (request, COST)
    ).lastrowid
    connection.execute("COMMIT")
    assert attempt is not None  # SQLite names every row it inserts
    return attempt


def release(connection: sqlite3.Connection, attempt: int) -> None:
    connection.execute("UPDATE attempt SET state = 'released', answer = ? WHERE id = ?", (b"answer", attempt))


def settle(connection: sqlite3.Connection, attempt: int) -> None:
    connection.execute("UPDATE attempt SET state = 'settled', cost = ? WHERE id = ?", (ACTUAL, attempt))
    connection.execute("UPDATE account SET spent = spent - ? WHERE id = 1", (COST - ACTUAL,))


def main(file: str, seconds: float, operations: int) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(TABLES)
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        attempt = reserve(connection, f"request {count}")
        connection.execute("BEGIN IMMEDIATE")
        release(connection, attempt)
        if operations == 3:
            connection.execute("COMMIT")
            connection.execute("BEGIN IMMEDIATE")
        settle(connection, attempt)
        connection.execute("COMMIT")
        count += 1
    took = time.perf_counter() - begun
    (spent,) = connection.execute("SELECT spent FROM account").fetchone()
    if spent != count * ACTUAL:
        raise SystemExit(f"{spent} are spent after {count} requests of {ACTUAL}")
    print(json.dumps({"requests": count, "seconds": took}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
