"""What a ledger tells: releases page by page, the odometer, and whether its sums add up."""

from __future__ import annotations

import pytest

from router.ledgers.amounts import MAX_AMOUNT, MAX_ODOMETER
from router.ledgers.contract import AccountKey, Ledger, Release
from router.ledgers.errors import BadCost
from tests.conformance.ledgers.examples import CLINIC, ORDERS, WARD, account, asking, reserved

LAB = AccountKey("lab")


async def test_releases_are_listed_page_by_page_in_their_order(ledger: Ledger) -> None:
    await ledger.open(account(WARD), 0.0)
    tokens = [await reserved(ledger, asking(f"request {number}", 1)) for number in range(5)]
    for token in (tokens[3], tokens[0], tokens[4], tokens[1]):  # and 2 has no answer yet
        await ledger.release(token, b"answer", 2.0)
    pages, after = [], 0
    while page := await ledger.releases("ward", after, limit=3):
        pages.append([release.request_id for release in page])
        after = page[-1].cursor
    assert pages == [["request 3", "request 0", "request 4"], ["request 1"]]


async def test_a_release_shows_its_event_and_what_it_holds_now(ledger: Ledger) -> None:
    for key in (WARD, CLINIC):
        await ledger.open(account(key), 0.0)
    token = await reserved(ledger, asking("a", costs=((WARD, 10), (CLINIC, 10))))
    await ledger.release(token, b"answer", 2.5)
    (shown,) = await ledger.releases("ward")
    assert shown == Release(shown.cursor, 2.5, "clinic", "a", b"event of a", ((WARD, 10), (CLINIC, 10)))
    await ledger.settle(token, ((WARD, 3),), 3.0)
    (shown,) = await ledger.releases("ward")
    assert shown.costs == ((WARD, 3), (CLINIC, 10))


async def test_a_release_is_listed_under_every_dataset_that_it_charged(ledger: Ledger) -> None:
    for key in (WARD, LAB):
        await ledger.open(account(key), 0.0)
    token = await reserved(ledger, asking("both", costs=((WARD, 1), (LAB, 2))))
    await ledger.release(token, b"answer", 2.0)
    token = await reserved(ledger, asking("one", 1))
    await ledger.release(token, b"answer", 3.0)
    assert [release.request_id for release in await ledger.releases("ward")] == ["both", "one"]
    assert [release.request_id for release in await ledger.releases("lab")] == ["both"]


@pytest.mark.parametrize(("after", "limit"), [(0, 0), (0, 1001), (-1, 10), (2**63, 10)])
async def test_a_page_out_of_range_is_refused(ledger: Ledger, after: int, limit: int) -> None:
    await ledger.open(account(WARD), 0.0)
    with pytest.raises(ValueError, match="a page has"):
        await ledger.releases("ward", after, limit)


async def test_the_odometer_adds_up_per_order_and_gives_back_what_is_refunded(ledger: Ledger) -> None:
    await ledger.open(account(WARD, odometer_orders=ORDERS), 0.0)
    await ledger.open(account(CLINIC), 0.0)
    costs = ((WARD, 1), (CLINIC, 1))
    first = await reserved(ledger, asking("a", costs=costs, odometer=(5, 7)))
    second = await reserved(ledger, asking("b", costs=costs, odometer=(10, 20)))
    assert await ledger.odometer(WARD) == (15, 27)
    assert await ledger.odometer(CLINIC) == ()
    await ledger.void(first, 2.0)
    await ledger.release(second, b"answer", 3.0)
    with pytest.raises(BadCost):
        await ledger.settle(second, (), 4.0, odometer=(10, 21))
    with pytest.raises(BadCost):
        await ledger.settle(second, (), 4.0, odometer=(10,))
    await ledger.settle(second, ((WARD, 0),), 5.0, odometer=(9, 18))
    assert await ledger.odometer(WARD) == (9, 18)
    assert await ledger.verify() == ()


@pytest.mark.parametrize("odometer", [(), (1,), (1, 2, 3)])
async def test_an_odometer_of_other_places_than_the_accounts_is_refused(ledger: Ledger, odometer: tuple) -> None:
    await ledger.open(account(WARD, odometer_orders=ORDERS), 0.0)
    with pytest.raises(BadCost, match="has 2 places"):
        await ledger.reserve(asking("a", odometer=odometer), 1.0)


async def test_an_odometer_stops_where_63_bits_end_and_stays_there(ledger: Ledger) -> None:
    await ledger.open(account(WARD, odometer_orders=ORDERS), 0.0)
    for number in range(10):
        token = await reserved(ledger, asking(f"request {number}", 0, odometer=(MAX_AMOUNT, 1)))
    await ledger.void(token, 2.0)
    assert await ledger.odometer(WARD) == (MAX_ODOMETER, 9)
    assert await ledger.verify() == ()
