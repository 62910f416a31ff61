"""Concurrent histories: every one has an order, and a ledger with a planted race has none."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import random
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.ledgers.contract import Fresh, Ledger, Reservation, Stored
from router.ledgers.errors import BudgetSpent, InProgress, Refused
from router.ledgers.memory import MemoryLedger
from tests.conformance.ledgers.clients import clients
from tests.conformance.ledgers.examples import WARD, account, asking, reserved
from tests.conformance.ledgers.linearizability import Observed, linearizable
from tests.conformance.ledgers.stores import SITES, Site, open_at


class ForgetfulLedger(MemoryLedger):
    """The planted bug: it looks, lets others run, and then charges without looking again."""

    async def reserve(self, reservation: Reservation, now: float) -> Fresh | Stored:
        ((_, cost),) = reservation.costs
        left = (await self.balance(WARD)).left
        await asyncio.sleep(0)
        if cost > left:
            raise BudgetSpent("ward", cost, left)
        self._books.accounts[1].limit += cost  # so that the rules do not notice
        try:
            return await super().reserve(reservation, now)
        finally:
            self._books.accounts[1].limit -= cost


@pytest.mark.parametrize("seed", range(5))
async def test_many_clients_on_two_handles_see_one_account(site: Site, seed: int) -> None:
    first, second = await site.handle(), await site.handle()
    await first.open(account(WARD, 30), 0.0)
    histories = await asyncio.gather(
        clients(first, "first", seed, 4, requests=8), clients(second, "second", seed + 100, 4, requests=8)
    )
    assert linearizable([operation for history in histories for operation in history], 30)
    assert await first.verify() == ()


async def test_the_checker_finds_a_planted_race() -> None:
    found = 0
    for seed in range(5):
        ledger = ForgetfulLedger()
        await ledger.open(account(WARD, 30), 0.0)
        found += not linearizable(await clients(ledger, "client", seed, 8, requests=8), 30)
    assert found == 5


def test_the_checker_knows_what_cannot_be() -> None:
    granted = Observed(0, 1, 6, granted=True)
    assert linearizable([granted, Observed(0, 1, 4, granted=True)], 10)
    assert not linearizable([granted, Observed(0, 1, 5, granted=True)], 10)  # overspent
    assert not linearizable([granted, Observed(2, 3, 0, left=10)], 10)  # a stale reading
    assert linearizable([granted, Observed(0, 3, 0, left=10)], 10)  # the reading may have come first
    assert not linearizable([Observed(0, 1, 0, asked=5, left=10)], 10)  # refused for no reason
    assert not linearizable([granted, Observed(2, 3, 5, granted=True), Observed(4, 5, -6)], 10)  # refunded too late
    assert linearizable([granted, Observed(1, math.inf, -6), Observed(2, 3, 5, granted=True)], 10)  # pending, and used
    assert linearizable([granted, Observed(1, math.inf, -6), Observed(2, 3, 0, left=4)], 10)  # pending, and not


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4), st.integers(1, 5), st.booleans()), max_size=6))
def test_the_checker_agrees_with_trying_every_order(spans: list[tuple[int, int, int, bool]]) -> None:
    history = [
        Observed(called, called + lasts, size, granted=True)
        if grants
        else Observed(called, called + lasts, 0, left=size)
        for called, lasts, size, grants in spans
    ]
    assert linearizable(history, 7) == any(_explains(order, 7) for order in itertools.permutations(history))


def _explains(order: tuple[Observed, ...], left: int) -> bool:
    for index, operation in enumerate(order):
        if any(later.returned < operation.called for later in order[index:]) or not operation.fits(left):
            return False
        left -= operation.change
    return True


async def test_of_many_repeats_at_once_exactly_one_is_fresh(site: Site) -> None:
    handles = [await site.handle() for _ in range(3)]
    await handles[0].open(account(WARD), 0.0)

    async def ask(ledger: Ledger) -> str:
        try:
            return type(await ledger.reserve(asking("same"), 1.0)).__name__
        except InProgress:
            return "InProgress"

    outcomes = await asyncio.gather(*(ask(handles[number % 3]) for number in range(24)))
    assert sorted(outcomes) == ["Fresh"] + ["InProgress"] * 23
    assert (await handles[1].balance(WARD)).spent == 10


async def test_of_release_and_void_at_once_exactly_one_happens(site: Site) -> None:
    first, second = await site.handle(), await site.handle()
    await first.open(account(WARD, 1000), 0.0)
    rng = random.Random(7)

    async def outcome(awaited: object) -> bool:
        try:
            await awaited  # type: ignore[misc]
        except Refused:
            return False
        return True

    for number in range(20):
        token = await reserved(first, asking(f"request {number}"))
        ends = [first.release(token, b"answer", 2.0), second.void(token, 2.0), second.release(token, b"other", 2.0)]
        rng.shuffle(ends)
        assert sorted(await asyncio.gather(*map(outcome, ends))) == [False, False, True]
    released = await first.releases("ward")
    assert (await first.balance(WARD)).spent == 10 * len(released)
    assert await first.verify() == ()


async def test_many_clients_never_overspend_and_spend_all_that_there_is(site: Site) -> None:
    handles = [await site.handle() for _ in range(2)]
    await handles[0].open(account(WARD, 50), 0.0)

    async def ask(number: int) -> int:
        try:
            await handles[number % 2].reserve(asking(f"request {number}", 1), 1.0)
        except BudgetSpent:
            return 0
        return 1

    assert sum(await asyncio.gather(*(ask(number) for number in range(80)))) == 50
    assert (await handles[1].balance(WARD)).spent == 50


async def _process(address: str, seed: int) -> asyncio.subprocess.Process:
    """Four clients in a process of their own, which has opened the store and waits for a line to begin."""
    root = Path(__file__).parents[3]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.conformance.ledgers.clients", address, str(seed), "4"),
        cwd=root,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


@pytest.mark.parametrize("site", [site for site in SITES if site.shared], indirect=True, ids=lambda site: site.__name__)
async def test_processes_on_one_store_see_one_account(site: Site) -> None:
    await (await site.handle()).close()  # whoever opens a store first makes it
    ledger = await open_at(site.address)
    await ledger.open(account(WARD, 60), 0.0)
    processes = [await _process(site.address, seed) for seed in (1, 2)]
    here, *there = await asyncio.gather(
        clients(ledger, "here", 3, 4), *(process.communicate(b"begin\n") for process in processes)
    )
    elsewhere = [[Observed(**operation) for operation in json.loads(printed)] for printed, _ in there]
    history = [operation for one in (here, *elsewhere) for operation in one]
    assert linearizable(history, 60)
    assert await ledger.verify() == ()
    # The others have closed, so that their credits are written, and ours ride with what we ask.
    assert (await ledger.balance(WARD)).spent == sum(operation.change for operation in history)
    await ledger.close()
