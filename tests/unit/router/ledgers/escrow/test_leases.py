"""What a lease is: spent in the cluster from the first, charged on the host, given back when it is not used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.ledgers.contract import AccountKey
from router.ledgers.errors import AccountFrozen, BudgetSpent, LedgerUnavailable, UnknownAccount
from router.ledgers.postgres.ledger import PostgresLedger, open_postgres_ledger
from tests.conformance.ledgers.examples import WARD, account, asking, reserved, spent
from tests.support.eventually import until
from tests.support.postgres import Server
from tests.support.postgres_proxy import Proxy
from tests.unit.router.ledgers.escrow.hosts import Clock, host


@pytest.fixture
async def central(database: str) -> AsyncIterator[PostgresLedger]:
    ledger = await open_postgres_ledger(database)
    yield ledger
    await ledger.close()


async def test_a_lease_takes_what_is_needed_and_a_share_of_the_rest(
    central: PostgresLedger, database: str, tmp_path: Path
) -> None:
    here = await host(database, tmp_path, "a")
    await here.open(account(WARD, 110), 0.0)
    await reserved(here, asking("first"))
    assert await spent(central, WARD) == [10 + 100 // 4]
    assert await spent(here, WARD) == [10]  # what this host may still charge is not spent for it
    for number in range(2):
        await reserved(here, asking(f"request {number}"))  # from the lease: the cluster does not hear of it
    assert await spent(central, WARD) == [35]
    await reserved(here, asking("another"))
    assert await spent(central, WARD) == [35 + 5 + (110 - 40) // 4]
    await here.close()
    assert await spent(central, WARD) == [40]
    assert await central.verify() == ()


async def test_leases_shrink_as_the_account_runs_out_and_all_of_it_can_be_spent(
    central: PostgresLedger, database: str, tmp_path: Path
) -> None:
    here = await host(database, tmp_path, "a")
    await here.open(account(WARD, 100), 0.0)
    for number in range(100):
        await reserved(here, asking(f"request {number}", 1))
        assert await spent(here, WARD) == [number + 1]
    with pytest.raises(BudgetSpent) as caught:
        await here.reserve(asking("one more", 1), 1.0)
    assert caught.value.left == 0
    assert await spent(central, WARD) == [100]
    await here.close()


async def test_budget_in_another_hosts_lease_is_refused_until_it_is_given_back(
    central: PostgresLedger, database: str, tmp_path: Path
) -> None:
    clock = Clock()
    first, second = [await host(database, tmp_path, name, clock=clock) for name in ("a", "b")]
    await first.open(account(WARD, 50), 0.0)
    await reserved(first, asking("first", 10))  # leases 10 and 10 more
    await reserved(second, asking("second", 24))  # and leases 1 more, which leaves 5
    with pytest.raises(BudgetSpent) as caught:
        await second.reserve(asking("third", 10), 1.0)
    assert caught.value.left == 5 + 1
    await clock.passes(1.0)  # a third of the term: renewed, and given back
    async with asyncio.timeout(5):
        while (await central.balance(WARD)).spent > 34:
            await clock.passes(0.1)
            await asyncio.sleep(0.005)
    await reserved(second, asking("third", 10))
    assert await spent(second, WARD) == [44]
    for ledger in (first, second):
        await ledger.close()
    assert await spent(central, WARD) == [44]
    assert await central.verify() == ()


async def test_a_lease_that_nobody_uses_is_given_back(central: PostgresLedger, database: str, tmp_path: Path) -> None:
    clock = Clock()
    here = await host(database, tmp_path, "a", clock=clock)
    await here.open(account(WARD, 1000), 0.0)
    await reserved(here, asking("a"))
    assert await spent(central, WARD) != [10]
    await clock.passes(31.0)
    async with asyncio.timeout(5):
        while await spent(central, WARD) != [10]:
            await clock.passes(0.1)
            await asyncio.sleep(0.005)
    await reserved(here, asking("b"))
    await here.close()


async def test_a_lost_host_keeps_what_it_held_for_ever_and_goes_on_with_it_if_it_comes_back(
    central: PostgresLedger, database: str, tmp_path: Path
) -> None:
    here = await host(database, tmp_path, "a")
    await here.open(account(WARD, 1000), 0.0)
    await reserved(here, asking("a"))
    held = (await central.balance(WARD)).spent
    await here.abandon()
    assert await spent(central, WARD) == [held]
    assert await central.held("a") == ((WARD, held),)
    again = await host(database, tmp_path, "a")
    assert await spent(again, WARD) == [10]
    await reserved(again, asking("b"))
    assert await spent(central, WARD) == [held]  # from the old lease
    assert await again.verify() == ()
    await again.close()
    assert await spent(central, WARD) == [20]


async def test_a_freeze_on_one_host_holds_on_all_when_it_returns(
    central: PostgresLedger, database: str, tmp_path: Path
) -> None:
    clock = Clock()
    first, second = [await host(database, tmp_path, name, clock=clock) for name in ("a", "b")]
    await first.open(account(WARD, 1000), 0.0)
    for name, ledger in (("a", first), ("b", second)):
        await reserved(ledger, asking(name))
    freezing = asyncio.create_task(first.freeze(WARD, "consent withdrawn", 2.0))
    async with asyncio.timeout(5):
        while not (await central.balance(WARD)).frozen:  # noqa: ASYNC110 nobody tells us
            await asyncio.sleep(0.005)
    assert not freezing.done()
    while not freezing.done():  # it may not have begun to wait
        await clock.passes(1.0)
        await asyncio.sleep(0.01)
    await freezing
    for ledger in (first, second):
        with pytest.raises(AccountFrozen, match="consent withdrawn"):
            await ledger.reserve(asking("c"), 3.0)
    thawed = asyncio.create_task(first.thaw(WARD, 4.0))
    await thawed
    await reserved(first, asking("d"))
    for ledger in (first, second):
        await ledger.close()


async def test_a_limit_that_was_lowered_holds_on_all_when_it_returns(database: str, tmp_path: Path) -> None:
    clock = Clock()
    first, second = [await host(database, tmp_path, name, clock=clock) for name in ("a", "b")]
    await first.open(account(WARD, 1000), 0.0)
    for name, ledger in (("a", first), ("b", second)):
        await reserved(ledger, asking(name))
    lowering = asyncio.create_task(first.set_limit(WARD, 25, 0.1, 2.0))
    while not lowering.done():
        await clock.passes(1.0)
        await asyncio.sleep(0.01)
    await lowering
    with pytest.raises(BudgetSpent):
        await second.reserve(asking("c", 6), 3.0)
    await second.close()
    await reserved(first, asking("c", 5))
    await first.close()


async def test_a_host_that_cannot_hear_of_a_freeze_stops_when_its_term_is_over(
    server: Server, database: str, tmp_path: Path
) -> None:
    clock = Clock()
    async with Proxy(server.folder) as proxy:
        here = await host(f"{database} host={proxy.folder}", tmp_path, "a", clock=clock, patience_s=0.1)
        await here.open(account(WARD, 1000), 0.0)
        await reserved(here, asking("a"))
        proxy.lose_queries = 10**6
        await clock.passes(2.9)
        await reserved(here, asking("b"))
        await clock.passes(0.2)
        with pytest.raises(LedgerUnavailable):
            await here.reserve(asking("c"), 1.0)
        proxy.lose_queries = 0
        await reserved(here, asking("d"))
        assert await spent(here, WARD) == [30]
        await here.close()


async def test_what_cannot_be_given_back_at_the_end_is_kept_and_charged_later(
    server: Server, database: str, tmp_path: Path
) -> None:
    async with Proxy(server.folder) as proxy:
        here = await host(f"{database} host={proxy.folder}", tmp_path, "a", patience_s=0.1)
        await here.open(account(WARD, 1000), 0.0)
        await reserved(here, asking("a"))
        proxy.lose_queries = 10**6
        await here.close()
    again = await host(database, tmp_path, "a")
    assert await spent(again, WARD) == [10]
    await again.close()


async def test_a_caller_that_is_cancelled_during_a_lease_loses_no_budget(
    central: PostgresLedger, server: Server, database: str, tmp_path: Path
) -> None:
    async with Proxy(server.folder) as proxy:
        here = await host(f"{database} host={proxy.folder}", tmp_path, "a")
        await here.open(account(WARD, 1000), 0.0)
        proxy.hold.clear()
        asked = asyncio.create_task(reserved(here, asking("a")))
        await asyncio.sleep(0.02)
        asked.cancel()
        await asyncio.wait([asked])
        proxy.hold.set()
        await reserved(here, asking("b"))
        assert (await here.balance(WARD)).spent in (10, 20)
        assert await here.verify() == ()
        await here.close()
    assert (await central.balance(WARD)).spent in (10, 20)


async def test_a_request_on_leased_and_other_datasets_is_charged_in_the_cluster(
    central: PostgresLedger, database: str, tmp_path: Path
) -> None:
    lab = AccountKey("lab")
    here = await host(database, tmp_path, "a")
    await here.open(account(WARD, 100), 0.0)
    await here.open(account(lab, 100), 0.0)
    await reserved(here, asking("a", 60))
    token = await reserved(here, asking("both", costs=((WARD, 40), (lab, 1))))  # gives the lease back for it
    await here.release(token, b"answer", 2.0)
    assert await spent(central, WARD, lab) == [100, 1]
    with pytest.raises(BudgetSpent):
        await here.reserve(asking("c", 1), 1.0)
    assert [release.request_id for release in await here.releases("ward")] == ["both"]
    await here.close()


async def test_pages_of_releases_go_on_from_the_cluster_to_the_host(database: str, tmp_path: Path) -> None:
    lab = AccountKey("lab")
    here = await host(database, tmp_path, "a")
    for key in (WARD, lab):
        await here.open(account(key), 0.0)
    for number in range(3):
        await here.release(await reserved(here, asking(f"here {number}", 1)), b"answer", 2.0)
        both = asking(f"both {number}", costs=((WARD, 1), (lab, 1)))
        await here.release(await reserved(here, both), b"answer", 2.0)
    seen, after = [], 0
    while page := await here.releases("ward", after, limit=2):
        seen.append([release.request_id for release in page])
        after = page[-1].cursor
    assert seen == [["both 0", "both 1"], ["both 2", "here 0"], ["here 1", "here 2"]]
    await here.close()


async def test_a_closed_handle_leaves_no_task_behind(database: str, tmp_path: Path) -> None:
    here = await host(database, tmp_path, "a")
    await here.close()
    await until(lambda: not [task for task in asyncio.all_tasks() if task.get_name().startswith("ledger")])


async def test_what_is_frozen_before_this_host_has_leased_it_grants_not_even_nothing(
    central: PostgresLedger, database: str, tmp_path: Path
) -> None:
    here = await host(database, tmp_path, "a")
    await here.open(account(WARD, 100), 0.0)
    elsewhere = await host(database, tmp_path, "b")
    await reserved(elsewhere, asking("elsewhere"))
    await central.freeze(WARD, "audit", 1.0)
    for cost in (5, 0, 0):
        with pytest.raises(AccountFrozen):
            await here.reserve(asking("a", cost), 1.0)
    await here.close()
    await elsewhere.close()


async def test_a_request_goes_on_where_its_lease_is_given_back_meanwhile(database: str, tmp_path: Path) -> None:
    clock = Clock()
    here = await host(database, tmp_path, "a", clock=clock)
    await here.open(account(WARD, 1000), 0.0)
    for number in range(20):
        asked = [asyncio.create_task(reserved(here, asking(f"{number} {n}", 1))) for n in range(5)]
        await clock.passes(31.0)  # idle, as far as the clock knows
        async with asyncio.timeout(5):
            await asyncio.gather(*asked)
    assert await spent(here, WARD) == [100]
    await here.close()


async def test_asking_for_what_is_not_open_does_not_end_the_renewals(
    central: PostgresLedger, database: str, tmp_path: Path
) -> None:
    clock = Clock()
    here = await host(database, tmp_path, "a", clock=clock)
    with pytest.raises(UnknownAccount):
        await here.reserve(asking("a"), 1.0)
    await clock.passes(1.0)
    await asyncio.sleep(0.05)
    await here.open(account(WARD, 1000), 0.0)
    await reserved(here, asking("a"))
    await clock.passes(31.0)
    async with asyncio.timeout(5):
        while await spent(central, WARD) != [10]:  # noqa: ASYNC110 nobody tells us
            await asyncio.sleep(0.005)
    await here.close()
