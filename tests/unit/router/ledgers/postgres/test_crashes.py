"""A server that crashes: what it had answered is there again; with `synchronous_commit` off, it is not.

The crash ends the server with whatever is only in its memory. What it had given to the system is kept, so this is the
lesser of two losses: that a flush reaches the disk is PostgreSQL's own promise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from router.ledgers.contract import Stored
from router.ledgers.errors import LedgerUnavailable
from router.ledgers.postgres.ledger import open_postgres_ledger
from router.ledgers.postgres.schema import Durability
from tests.conformance.ledgers.examples import WARD, account, asking, reserved, spent
from tests.support.postgres import Server


@pytest.fixture
def crashing() -> Iterator[Server]:
    """Its log is written when somebody waits for it, and hardly ever otherwise."""
    server = Server(wal_writer_delay="10s")
    server.start()
    yield server
    server.remove()


async def _spent_after_a_crash(server: Server, durability: Durability) -> tuple[int, int]:
    """(what was granted, what the next process finds spent)."""
    database = server.conninfo("postgres")
    ledger = await open_postgres_ledger(database, durability=durability)
    await ledger.open(account(WARD, 10**6), 0.0)
    server.execute("CHECKPOINT")
    for number in range(20):
        token = await reserved(ledger, asking(f"request {number}", 1))
        await ledger.release(token, b"answer", 2.0)
    server.crash()
    await ledger.abandon()
    server.start()
    ledger = await open_postgres_ledger(database)
    (found,) = await spent(ledger, WARD)
    assert await ledger.verify() == ()
    if found:
        assert await ledger.reserve(asking("request 0", 1), 3.0) == Stored(b"answer")
    await ledger.close()
    return 20, found


async def test_what_was_answered_survives_a_crash(crashing: Server) -> None:
    granted, found = await _spent_after_a_crash(crashing, Durability.ON)
    assert found == granted


async def test_without_flushes_a_crash_takes_debits_back_so_the_test_above_can_fail(crashing: Server) -> None:
    granted, found = await _spent_after_a_crash(crashing, Durability.OFF)
    assert found < granted


async def test_a_handle_goes_on_over_a_crash_of_the_server(crashing: Server) -> None:
    ledger = await open_postgres_ledger(crashing.conninfo("postgres"), patience_s=30.0)
    await ledger.open(account(WARD, 10**6), 0.0)
    asked = [asyncio.create_task(reserved(ledger, asking(f"request {n}", 1))) for n in range(300)]
    await asked[0]
    await asyncio.to_thread(crashing.crash)
    await asyncio.to_thread(crashing.start)
    tokens = await asyncio.gather(*asked)
    assert len(set(tokens)) == 300
    assert await spent(ledger, WARD) == [300]
    await ledger.close()


async def test_a_server_that_does_not_flush_at_all_is_refused() -> None:
    server = Server(fsync="off")
    server.start()
    try:
        with pytest.raises(LedgerUnavailable, match="fsync is off"):
            await open_postgres_ledger(server.conninfo("postgres"))
    finally:
        server.remove()
