"""Each mutant differs from a sound ledger in what it is meant to, and in nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ops.chaos.ledger.clients import Payable
from ops.chaos.ledger.mutants import MUTANTS, AnyOrder, Generous, Hasty
from router.ledgers.contract import Account, AccountKey, Fresh, Ledger, Reservation, Token
from router.ledgers.errors import BudgetSpent
from router.ledgers.memory import MemoryLedger

KEY = AccountKey("d")


async def opened(ledger: Payable, limit: int = 20) -> None:
    account = Account(KEY, "patient", "add_remove", 1.0, 1e-6, limit, odometer_orders=(2.0, 32.0))
    await ledger.open(account, 0.0)


async def reserved(ledger: Payable, request: str, cost: int, at_second_order: int) -> Token:
    reservation = Reservation(
        "t", request, b"h", ((KEY, cost),), b"", "test", expires=10.0, odometer=(cost, at_second_order)
    )
    outcome = await ledger.reserve(reservation, 1.0)
    assert isinstance(outcome, Fresh)
    return outcome.token


async def test_any_order_lets_pass_what_is_cheap_at_the_other_order() -> None:
    sound = MemoryLedger()
    ledger = AnyOrder(sound)
    await opened(ledger)
    for number in range(10):
        await reserved(ledger, f"{number}", 10, 2)
    assert (await sound.balance(KEY)).spent == 100  # five times the limit
    with pytest.raises(BudgetSpent):
        await reserved(ledger, "more than both", 10, 25)


async def test_a_hasty_release_is_not_there_yet_when_it_returns() -> None:
    sound = MemoryLedger()
    ledger = Hasty(sound)
    await opened(ledger)
    token = await reserved(ledger, "1", 10, 10)
    await ledger.release(token, b"a", 2.0)
    assert await sound.releases("d") == ()
    await ledger.settle(token, ((KEY, 4),), 3.0)
    assert len(await sound.releases("d")) == 1
    assert (await sound.balance(KEY)).spent == 4


async def test_a_generous_ledger_keeps_half_of_what_was_spent() -> None:
    sound = MemoryLedger()
    ledger = Generous(sound)
    await opened(ledger)
    token = await reserved(ledger, "1", 10, 10)
    await ledger.release(token, b"a", 2.0)
    await ledger.settle(token, ((KEY, 8),), 3.0)
    assert (await sound.balance(KEY)).spent == 4


@pytest.mark.parametrize("disguise", [mutant.disguise for mutant in MUTANTS.values()], ids=list(MUTANTS))
async def test_within_its_budget_a_mutant_reserves_and_voids_as_any_ledger(
    disguise: Callable[[Ledger], Payable],
) -> None:
    sound = MemoryLedger()
    ledger = disguise(sound)
    await opened(ledger)
    token = await reserved(ledger, "1", 10, 10)
    assert (await sound.balance(KEY)).spent == 10
    await ledger.void(token, 2.0)
    assert (await sound.balance(KEY)).spent == 0
