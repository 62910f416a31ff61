"""A ledger as one would write it first on PostgreSQL: each request locks the account's row by SELECT FOR UPDATE.

    select_for_update.py CONNINFO SECONDS CLIENTS

Each client has a thread and a connection of its own, and prepared statements. A request is two transactions: reserve;
release and settle in one, which spares it a flush. Prints, as JSON, requests and seconds.
"""

import json
import sys
import threading
import time

import psycopg

TABLES = """
CREATE TABLE account (id bigint PRIMARY KEY, most bigint NOT NULL, spent bigint NOT NULL);
CREATE TABLE attempt (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, request text NOT NULL UNIQUE, account bigint NOT NULL,
  cost bigint NOT NULL, state text NOT NULL, answer bytea
);
INSERT INTO account VALUES (1, 1000000000000000000, 0);
"""
COST, ACTUAL = 10, 5


def reserve(connection: psycopg.Connection, request: str) -> int:
    with connection.transaction():
        found = connection.execute("SELECT most, spent FROM account WHERE id = 1 FOR UPDATE").fetchone()
        if found is None or found[1] + COST > found[0]:
            raise SystemExit("the budget is spent")
        connection.execute("UPDATE account SET spent = spent + %s WHERE id = 1", (COST,))
        attempt = connection.execute(
            "INSERT INTO attempt (request, account, cost, state) VALUES (%s, 1, %s, 'reserved') RETURNING id",
            (request, COST),
        ).fetchone()
    assert attempt is not None  # RETURNING has a row for every row
    return int(attempt[0])


def release_and_settle(connection: psycopg.Connection, attempt: int) -> None:
    with connection.transaction():
        connection.execute("SELECT spent FROM account WHERE id = 1 FOR UPDATE")
        connection.execute("UPDATE account SET spent = spent - %s WHERE id = 1", (COST - ACTUAL,))
        connection.execute(
            "UPDATE attempt SET state = 'settled', cost = %s, answer = %s WHERE id = %s", (ACTUAL, b"answer", attempt)
        )


def client(conninfo: str, name: int, end: float, counts: list[int]) -> None:
    with psycopg.connect(conninfo, autocommit=True, prepare_threshold=0) as connection:
        count = 0
        while time.perf_counter() < end:
            release_and_settle(connection, reserve(connection, f"client {name}, request {count}"))
            count += 1
    counts.append(count)


def main(conninfo: str, seconds: float, clients: int) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(TABLES)
    counts: list[int] = []
    begun = time.perf_counter()
    threads = [
        threading.Thread(target=client, args=(conninfo, name, begun + seconds, counts)) for name in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    with psycopg.connect(conninfo) as connection:
        found = connection.execute("SELECT spent FROM account").fetchone()
    if len(counts) != clients or found is None or found[0] != sum(counts) * ACTUAL:
        raise SystemExit(f"{found} are spent after {counts} requests of {ACTUAL}")
    print(json.dumps({"requests": sum(counts), "seconds": took}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
