"""Accounts: opened once, with terms for ever, limited and frozen."""

from __future__ import annotations

import dataclasses

import pytest

from router.ledgers.contract import Balance, Ledger
from router.ledgers.errors import AccountExists, AccountFrozen, BadCost, BudgetSpent, LedgerUnavailable, UnknownAccount
from tests.conformance.ledgers.examples import ADA, CLINIC, WARD, account, asking, reserved, spent
from tests.conformance.ledgers.stores import Site


async def test_an_account_begins_empty_with_the_terms_it_was_opened_with(ledger: Ledger) -> None:
    await ledger.open(account(WARD), 0.0)
    assert await ledger.balance(WARD) == Balance(limit=100, spent=0, reserved=0, frozen="")
    assert await ledger.account(WARD) == account(WARD)


async def test_opening_again_with_the_same_terms_changes_nothing(ledger: Ledger) -> None:
    await ledger.open(account(WARD), 0.0)
    await reserved(ledger, asking("a"))
    await ledger.open(account(WARD), 2.0)
    assert await spent(ledger, WARD) == [10]


@pytest.mark.parametrize(
    "other",
    [
        {"unit": "record"},
        {"adjacency": "replace"},
        {"order": 4.0},
        {"delta": 1e-5},
        {"limit": 101},
        {"block": "2026Q4"},
    ],
)
async def test_opening_again_with_other_terms_is_refused(ledger: Ledger, other: dict[str, object]) -> None:
    await ledger.open(account(WARD), 0.0)
    with pytest.raises(AccountExists):
        await ledger.open(dataclasses.replace(account(WARD), **other), 1.0)  # type: ignore[arg-type]
    assert await ledger.account(WARD) == account(WARD)


async def test_a_limit_can_be_set_and_the_account_still_opens_with_its_first_terms(ledger: Ledger) -> None:
    await ledger.open(account(WARD), 0.0)
    await ledger.set_limit(WARD, 15, 0.25, 1.0)
    await ledger.open(account(WARD), 2.0)
    assert await ledger.account(WARD) == dataclasses.replace(account(WARD), limit=15, epsilon=0.25)
    await reserved(ledger, asking("a"))
    with pytest.raises(BudgetSpent) as caught:
        await ledger.reserve(asking("b"), 3.0)
    assert (caught.value.account, caught.value.asked, caught.value.left) == ("ward", 10, 5)


async def test_a_limit_below_what_is_spent_leaves_nothing_and_takes_nothing_back(ledger: Ledger) -> None:
    await ledger.open(account(WARD), 0.0)
    token = await reserved(ledger, asking("a"))
    await ledger.set_limit(WARD, 4, 0.1, 1.0)
    balance = await ledger.balance(WARD)
    assert (balance.spent, balance.left) == (10, 0)
    with pytest.raises(BudgetSpent):
        await ledger.reserve(asking("b", 1), 3.0)
    await reserved(ledger, asking("free", 0))
    await ledger.release(token, b"paid before", 4.0)


async def test_a_frozen_account_grants_nothing_until_it_is_thawed(ledger: Ledger) -> None:
    await ledger.open(account(WARD), 0.0)
    await ledger.freeze(WARD, "consent withdrawn", 1.0)
    with pytest.raises(AccountFrozen) as caught:
        await ledger.reserve(asking("a", 0), 2.0)
    assert caught.value.reason == "consent withdrawn"
    assert (await ledger.balance(WARD)).frozen == "consent withdrawn"
    await ledger.thaw(WARD, 3.0)
    await reserved(ledger, asking("a"))


async def test_what_was_reserved_before_the_freeze_is_paid_and_may_be_released(ledger: Ledger) -> None:
    await ledger.open(account(WARD), 0.0)
    token = await reserved(ledger, asking("a"))
    await ledger.freeze(WARD, "audit", 1.0)
    await ledger.release(token, b"answer", 2.0)


async def test_what_was_never_opened_is_unknown_everywhere(ledger: Ledger) -> None:
    for attempt in (
        ledger.balance(WARD),
        ledger.account(WARD),
        ledger.odometer(WARD),
        ledger.set_limit(WARD, 1, 1.0, 0.0),
        ledger.freeze(WARD, "reason", 0.0),
        ledger.thaw(WARD, 0.0),
        ledger.releases("ward"),
        ledger.reserve(asking("a"), 0.0),
    ):
        with pytest.raises(UnknownAccount):
            await attempt


async def test_a_cap_on_a_tenant_or_user_is_an_account_of_its_own(ledger: Ledger) -> None:
    for key, limit in ((WARD, 100), (CLINIC, 50), (ADA, 20)):
        await ledger.open(account(key, limit), 0.0)
    await reserved(ledger, asking("a", costs=((WARD, 12), (CLINIC, 11), (ADA, 10))))
    assert await spent(ledger, WARD, CLINIC, ADA) == [12, 11, 10]


async def test_a_bad_limit_is_refused(ledger: Ledger) -> None:
    await ledger.open(account(WARD), 0.0)
    for limit in (-1, True, 1.0, float("nan"), 10**18 + 1):
        with pytest.raises(BadCost):
            await ledger.set_limit(WARD, limit, 1.0, 1.0)  # type: ignore[arg-type]
    for epsilon in (-1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="no guarantee"):
            await ledger.set_limit(WARD, 5, epsilon, 1.0)
    assert await ledger.account(WARD) == account(WARD)


async def test_a_closed_handle_answers_nothing(site: Site) -> None:
    ledger = await site.handle()
    await ledger.open(account(WARD), 0.0)
    token = await reserved(ledger, asking("a"))
    await ledger.release(token, b"answer", 2.0)
    await ledger.close()
    for attempt in (
        ledger.balance(WARD),
        ledger.open(account(WARD), 0.0),
        ledger.reserve(asking("b"), 0.0),
        ledger.release(token, b"answer", 0.0),
        ledger.settle(token, ((WARD, 0),), 0.0),
        ledger.void(token, 0.0),
        ledger.verify(),
    ):
        with pytest.raises(LedgerUnavailable):
            await attempt
    await ledger.close()
