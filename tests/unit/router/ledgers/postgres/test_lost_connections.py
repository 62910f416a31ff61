"""What a lost connection does not change: nothing is charged twice, and nothing charged is said not to be."""

from __future__ import annotations

import asyncio
import itertools
import random
import uuid

import psycopg
import pytest

from router.ledgers.contract import Ledger
from router.ledgers.errors import BudgetSpent, InProgress, LedgerUnavailable
from router.ledgers.postgres.ledger import PostgresLedger, open_postgres_ledger
from tests.conformance.ledgers.clients import clients
from tests.conformance.ledgers.examples import WARD, account, asking, reserved, spent
from tests.conformance.ledgers.linearizability import Observed
from tests.support.postgres import Server
from tests.support.postgres_proxy import Proxy


def through(proxy: Proxy, database: str) -> str:
    """The conninfo of the same database, by the proxy."""
    return f"{database} host={proxy.folder}"


async def test_a_reservation_whose_answer_was_lost_is_charged_once_and_told(server: Server, database: str) -> None:
    async with Proxy(server.folder) as proxy:
        ledger = await open_postgres_ledger(through(proxy, database))
        await ledger.open(account(WARD), 0.0)
        for number in range(5):
            proxy.lose_answers = 1
            await reserved(ledger, asking(f"request {number}"))
            assert proxy.lose_answers == 0
        assert await spent(ledger, WARD) == [50]
        assert await ledger.verify() == ()
        await ledger.close()


async def test_a_query_that_never_arrived_is_asked_again(server: Server, database: str) -> None:
    async with Proxy(server.folder) as proxy:
        ledger = await open_postgres_ledger(through(proxy, database))
        await ledger.open(account(WARD), 0.0)
        proxy.lose_queries = 1
        token = await reserved(ledger, asking("a"))
        proxy.lose_answers = 1
        await ledger.release(token, b"answer", 2.0)
        await ledger.settle(token, ((WARD, 4),), 3.0)
        proxy.lose_answers = 1
        assert await spent(ledger, WARD) == [4]
        await ledger.close()


async def test_a_refusal_whose_answer_was_lost_is_the_same_refusal(server: Server, database: str) -> None:
    async with Proxy(server.folder) as proxy:
        ledger = await open_postgres_ledger(through(proxy, database))
        await ledger.open(account(WARD), 0.0)
        await reserved(ledger, asking("a", 95))
        proxy.lose_answers = 1
        with pytest.raises(BudgetSpent) as caught:
            await ledger.reserve(asking("b"), 1.0)
        assert caught.value.left == 5
        await ledger.close()


async def test_backends_that_are_killed_all_the_time_cost_nothing_and_overspend_nothing(
    server: Server, database: str
) -> None:
    ledgers = [
        await open_postgres_ledger(database, patience_s=60.0) for _ in range(2)
    ]  # also where the machine is busy
    await ledgers[0].open(account(WARD, 60), 0.0)
    rng = random.Random(5)
    kills: list[int] = []

    async def kill() -> None:
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
            while True:
                await asyncio.sleep(rng.uniform(0.02, 0.15))
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'faraday ledger' AND datname = current_database()"
                )
                kills.append(1)

    killer = asyncio.create_task(kill())
    seen: list[Observed] = []
    for turn in itertools.count():
        visits = (clients(ledger, f"{turn} {n}", turn + n, 4) for n, ledger in enumerate(ledgers))
        seen += itertools.chain(*await asyncio.gather(*visits))
        if len(kills) >= 10:
            break
    killer.cancel()
    await asyncio.wait([killer])
    for ledger in ledgers:
        await ledger.close()  # credits are written
    reader = await open_postgres_ledger(database)
    assert await spent(reader, WARD) == [sum(operation.change for operation in seen)]
    assert await reader.verify() == ()
    await reader.close()


async def test_a_server_that_does_not_answer_is_unavailable_and_what_it_did_is_found_later(
    server: Server, database: str
) -> None:
    async with Proxy(server.folder) as proxy:
        ledger = await open_postgres_ledger(through(proxy, database), patience_s=0.3)
        await ledger.open(account(WARD), 0.0)
        proxy.hold.clear()
        with pytest.raises(LedgerUnavailable):
            await ledger.reserve(asking("a"), 1.0)
        proxy.hold.set()
        with pytest.raises(InProgress):  # it was charged, and its outcome was unknown
            await ledger.reserve(asking("a"), 1.0)
        assert await spent(ledger, WARD) == [10]
        await ledger.close()


async def test_without_a_server_everything_is_unavailable_and_nobody_waits_for_ever(
    server: Server, database: str
) -> None:
    with pytest.raises(LedgerUnavailable):
        await open_postgres_ledger(f"{database} host=/nowhere", patience_s=0.1)
    async with Proxy(server.folder) as proxy:
        ledger = await open_postgres_ledger(through(proxy, database), patience_s=1.0)
        await ledger.open(account(WARD), 0.0)
        token = await reserved(ledger, asking("a"))
        await ledger.release(token, b"answer", 2.0)
        await ledger.settle(token, ((WARD, 1),), 2.0)
        proxy.lose_queries = 10**6
        asked = [ledger.reserve(asking(f"request {n}"), 1.0) for n in range(3)] + [ledger.balance(WARD)]
        assert {type(error) for error in await asyncio.gather(*asked, return_exceptions=True)} == {LedgerUnavailable}
        proxy.lose_queries = 0
        assert await spent(ledger, WARD) == [10]  # the credit was lost with its batch, and stays spent
        await ledger.close()


async def test_a_batch_that_arrives_late_is_refused(database: str) -> None:
    """What a handle has given up, and asked for anew, must not happen after that."""
    mine = uuid.UUID(int=7)
    ledger = await open_postgres_ledger(database, new_id=lambda: mine)
    await ledger.open(account(WARD), 0.0)
    await reserved(ledger, asking("a"))
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        query = "SELECT faraday_ledger.apply(%s, %s, 'on', '{ward}', '{\"\"}', '{\"\"}', %s::text[]::jsonb[], '{}')"
        thaw = ['{"do": "thaw", "account": 1, "event": {"type": "thawed", "at": 1, "account": 0}}']
        with pytest.raises(psycopg.errors.RaiseException, match="batch 1 of writer"):
            await connection.execute(query, [mine, 1, thaw])
        cursor = await connection.execute(query, [mine, 2, thaw])
        row = await cursor.fetchone()
        assert row is not None
        assert "fresh" in row[0][0]  # the outcome of the second batch, not of this one
        with pytest.raises(psycopg.errors.RaiseException):
            await connection.execute(query, [uuid.UUID(int=8), 1, thaw])
    assert await ledger.verify() == ()
    await ledger.close()


async def test_a_handle_leaves_no_row_behind(database: str) -> None:
    ledger = await open_postgres_ledger(database)
    await ledger.close()
    async with await psycopg.AsyncConnection.connect(database) as connection:
        cursor = await connection.execute("SELECT count(*) FROM faraday_ledger.writer")
        assert await cursor.fetchone() == (0,)


async def test_what_was_cancelled_before_it_was_sent_is_not_charged(database: str) -> None:
    ledger = await open_postgres_ledger(database)
    await ledger.open(account(WARD), 0.0)
    asked = asyncio.create_task(_ask(ledger))
    await asyncio.sleep(0)
    asked.cancel()
    await asyncio.wait([asked])
    assert await spent(ledger, WARD) == [0]
    await ledger.close()


async def _ask(ledger: Ledger) -> None:
    await ledger.reserve(asking("a"), 1.0)


async def test_an_error_of_our_own_fails_its_batch_and_not_the_next(database: str) -> None:
    ledger: PostgresLedger = await open_postgres_ledger(database)
    await ledger.open(account(WARD), 0.0)
    outcomes = await asyncio.gather(
        ledger.give_back(WARD, "nobody", 5, 1.0), ledger.reserve(asking("a"), 1.0), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [LedgerUnavailable, LedgerUnavailable]
    assert await spent(ledger, WARD) == [0]
    await reserved(ledger, asking("a"))
    await ledger.close()
