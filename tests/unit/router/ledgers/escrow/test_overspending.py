"""Hosts that lease, charge, crash and return at random: what all of them granted is never more than the limit."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from router.ledgers.contract import AccountKey, Fresh
from router.ledgers.errors import BudgetSpent, LedgerUnavailable, NotOpen
from router.ledgers.escrow.ledger import EscrowLedger
from router.ledgers.postgres.leases import Terms
from router.ledgers.postgres.ledger import open_postgres_ledger
from tests.conformance.ledgers.examples import WARD, account, asking
from tests.unit.router.ledgers.escrow.hosts import Clock, host

CAP = AccountKey("ward", "clinic")
LIMIT = 300


async def _visit(ledger: EscrowLedger, name: str, rng: random.Random, granted: dict[str, int]) -> None:
    """One client. `granted` is what may have left, from before it is asked for until it is refused."""
    for number in range(6):
        request, cost = f"{name} {number}", rng.randint(1, 9)
        granted[request] = cost
        try:
            outcome = await ledger.reserve(asking(request, costs=((WARD, cost), (CAP, cost))), 1.0)
        except BudgetSpent:
            del granted[request]
            continue
        except LedgerUnavailable:  # unknown, as no answer has left
            del granted[request]
            return
        assert isinstance(outcome, Fresh)
        try:
            if rng.random() < 0.3:
                await ledger.void(outcome.token, 2.0)
                del granted[request]
            elif rng.random() < 0.5:
                await ledger.release(outcome.token, b"answer", 2.0)
                granted[request] = rng.randint(0, cost)
                await ledger.settle(outcome.token, ((WARD, granted[request]), (CAP, granted[request])), 3.0)
        except (LedgerUnavailable, NotOpen):
            granted.pop(request, None)  # no answer left
            return


@pytest.mark.parametrize("seed", range(4))
async def test_no_schedule_of_hosts_and_crashes_overspends(database: str, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    clock = Clock()
    terms = Terms(share=2, small=10)  # greedy, so that leases are in the way of each other
    central = await open_postgres_ledger(database)
    await central.open(account(WARD, LIMIT), 0.0)
    await central.open(account(CAP, LIMIT + 10), 0.0)
    granted: dict[str, int] = {}
    hosts = {name: await host(database, tmp_path, name, clock=clock, terms=terms) for name in ("a", "b", "c")}
    for turn in range(6):
        visits = [
            _visit(ledger, f"{turn} {name} {n}", random.Random(f"{seed} {turn} {name} {n}"), granted)
            for name, ledger in hosts.items()
            for n in range(3)
        ]
        running = asyncio.gather(*visits)
        victim = rng.choice("abc")
        if rng.random() < 0.7:
            await asyncio.sleep(rng.uniform(0.0, 0.05))
            await (hosts[victim].abandon() if rng.random() < 0.7 else hosts[victim].close())
            await running
            hosts[victim] = await host(database, tmp_path, victim, clock=clock, terms=terms)
        await running
        await clock.passes(rng.uniform(0.0, 3.0))
        assert sum(granted.values()) <= (await central.balance(WARD)).spent <= LIMIT
    for ledger in hosts.values():
        assert await ledger.verify() == ()
        await ledger.close()
    assert sum(granted.values()) <= (await central.balance(WARD)).spent <= LIMIT
    assert await central.verify() == ()
    await central.close()


class Interrupted(Exception):
    """What a crash looks like to the step that it interrupts."""


@pytest.mark.parametrize("at", ["_extend", "give_back"])
async def test_a_crash_between_the_two_steps_of_a_transfer_costs_budget_and_no_protection(
    database: str, tmp_path: Path, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await host(database, tmp_path, "a", terms=Terms(share=4, small=1))
    await here.open(account(WARD, 1000), 0.0)
    outcome = await here.reserve(asking("a"), 1.0)
    assert isinstance(outcome, Fresh)

    async def interrupted(*arguments: object) -> None:
        raise Interrupted

    if at == "_extend":
        monkeypatch.setattr(here._local, "grow", interrupted)
        with pytest.raises(Interrupted):
            await here.reserve(asking("b", 500), 1.0)
    else:
        monkeypatch.setattr(here._central, "give_back", interrupted)
        with pytest.raises(Interrupted):
            await here.set_limit(WARD, 1000, 1.0, 1.0)
    await here.abandon()
    monkeypatch.undo()
    again = await host(database, tmp_path, "a", terms=Terms(share=4, small=1))
    balance = await again.balance(WARD)
    assert balance.spent > 10  # lost on the way
    assert await again.verify() == ()
    await again.reserve(asking("c", balance.left), 1.0)
    with pytest.raises(BudgetSpent):
        await again.reserve(asking("d", 1), 1.0)
    await again.close()
