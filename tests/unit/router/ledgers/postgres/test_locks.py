"""Batches of several routers that want the same rows: none waits for another in a circle, and none reads too early."""

from __future__ import annotations

import asyncio
import itertools
import random

import psycopg

from router.ledgers.contract import AccountKey, Fresh
from router.ledgers.errors import InProgress
from router.ledgers.postgres.ledger import open_postgres_ledger
from tests.conformance.ledgers.examples import account, asking

KEYS = [AccountKey(f"dataset {number}") for number in range(5)]


async def test_batches_that_charge_the_same_accounts_in_any_order_never_deadlock(database: str) -> None:
    ledgers = [await open_postgres_ledger(database) for _ in range(4)]
    rng = random.Random(3)
    for key in KEYS:
        await ledgers[0].open(account(key, 10**6), 0.0)
    wanted = []
    for number in range(400):
        costs = tuple((key, 1) for key in rng.sample(KEYS, 3))
        wanted.append(ledgers[number % 4].reserve(asking(f"request {number % 350}", costs=costs), 1.0))
    outcomes = await asyncio.gather(*wanted, return_exceptions=True)
    assert sum(isinstance(outcome, Fresh) for outcome in outcomes) == 350
    assert sum(isinstance(outcome, InProgress) for outcome in outcomes) == 50
    with psycopg.connect(database) as connection:
        query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        assert connection.execute(query).fetchone() == (0,)
    assert sum([(await ledgers[0].balance(key)).spent for key in KEYS]) == 350 * 3
    assert await ledgers[0].verify() == ()
    for ledger in ledgers:
        await ledger.close()


async def test_one_request_on_different_datasets_at_once_is_charged_once(database: str) -> None:
    """No account is common to the two, so that nothing but the request's own lock keeps them apart."""
    ledgers = [await open_postgres_ledger(database) for _ in range(2)]
    for key in KEYS[:2]:
        await ledgers[0].open(account(key, 10**6), 0.0)
    for number in range(60):
        outcomes = await asyncio.gather(
            *(
                ledger.reserve(asking(f"request {number}", costs=((key, 1),), request_hash=key.dataset.encode()), 1.0)
                for ledger, key in zip(ledgers, KEYS, strict=False)
            ),
            return_exceptions=True,
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Fresh", "RequestReused"]
    for ledger in ledgers:
        await ledger.close()


async def test_a_reader_that_pages_while_others_release_misses_nothing(database: str) -> None:
    ledgers = [await open_postgres_ledger(database) for _ in range(3)]
    await ledgers[0].open(account(KEYS[0], 10**6), 0.0)

    async def release(number: int) -> None:
        ledger = ledgers[number % 2]
        outcome = await ledger.reserve(asking(f"request {number}", costs=((KEYS[0], 1),)), 1.0)
        assert isinstance(outcome, Fresh)
        await ledger.release(outcome.token, b"answer", 2.0)

    releasing = asyncio.gather(*map(release, range(300)))
    seen: list[str] = []
    after = 0
    for last in itertools.count():
        done = releasing.done()
        page = await ledgers[2].releases(KEYS[0].dataset, after, limit=7)
        seen += [release.request_id for release in page]
        after = page[-1].cursor if page else after
        if done and not page:
            break
        assert last < 10_000
    await releasing
    assert sorted(seen) == sorted(f"request {number}" for number in range(300))
    for ledger in ledgers:
        await ledger.close()
