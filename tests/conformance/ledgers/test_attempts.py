"""Reserve, release, settle and void: what one attempt may do, and what a repeat of its request gets."""

from __future__ import annotations

import dataclasses

import pytest

from router.ledgers.amounts import MAX_AMOUNT
from router.ledgers.contract import AccountKey, Ledger, Stored, Token
from router.ledgers.errors import (
    AccountFrozen,
    AnswerTooLarge,
    BadCost,
    BudgetSpent,
    InProgress,
    NotOpen,
    RequestReused,
    UnknownAccount,
    UnknownAttempt,
)
from tests.conformance.ledgers.examples import ADA, CLINIC, WARD, account, asking, reserved, spent
from tests.conformance.ledgers.stores import Site

ALL = ((WARD, 10), (CLINIC, 10), (ADA, 10))


@pytest.fixture
async def ward(ledger: Ledger) -> Ledger:
    """A ledger with three accounts: 100, 50 and 20."""
    for key, limit in ((WARD, 100), (CLINIC, 50), (ADA, 20)):
        await ledger.open(account(key, limit), 0.0)
    return ledger


async def test_the_worst_case_is_charged_at_once_to_every_account(ward: Ledger) -> None:
    await reserved(ward, asking("a", costs=ALL))
    balances = [await ward.balance(key) for key in (WARD, CLINIC, ADA)]
    assert [(balance.spent, balance.reserved, balance.left) for balance in balances] == [
        (10, 10, 90),
        (10, 10, 40),
        (10, 10, 10),
    ]


async def test_all_accounts_are_charged_or_none(ward: Ledger) -> None:
    with pytest.raises(BudgetSpent) as caught:
        await ward.reserve(asking("a", costs=((WARD, 21), (CLINIC, 21), (ADA, 21))), 1.0)
    assert (caught.value.account, caught.value.asked, caught.value.left) == ("ward/clinic/ada", 21, 20)
    with pytest.raises(UnknownAccount):
        await ward.reserve(asking("a", costs=((WARD, 1), (CLINIC, 1), (AccountKey("ward", "other"), 1))), 1.0)
    await ward.freeze(ADA, "left the clinic", 1.0)
    with pytest.raises(AccountFrozen):
        await ward.reserve(asking("a", costs=ALL), 1.0)
    assert await spent(ward, WARD, CLINIC, ADA) == [0, 0, 0]
    assert await ward.verify() == ()


async def test_a_refused_request_may_be_asked_again_for_less(ward: Ledger) -> None:
    with pytest.raises(BudgetSpent):
        await ward.reserve(asking("a", 101), 1.0)
    await reserved(ward, asking("a", 100, request_hash=b"another"))


async def test_a_limit_is_reached_exactly_and_never_passed(ward: Ledger) -> None:
    for number in range(10):
        await reserved(ward, asking(f"request {number}"))
    assert (await ward.balance(WARD)).left == 0
    with pytest.raises(BudgetSpent):
        await ward.reserve(asking("one more", 1), 1.0)
    await reserved(ward, asking("nothing", 0))


async def test_the_largest_amounts_add_up(ledger: Ledger) -> None:
    await ledger.open(account(WARD, MAX_AMOUNT), 0.0)
    await reserved(ledger, asking("a", MAX_AMOUNT))
    with pytest.raises(BudgetSpent):
        await ledger.reserve(asking("b", MAX_AMOUNT), 1.0)
    assert await spent(ledger, WARD) == [MAX_AMOUNT]


async def test_a_repeat_while_the_first_runs_is_refused(ward: Ledger) -> None:
    await reserved(ward, asking("a"))
    with pytest.raises(InProgress) as caught:
        await ward.reserve(asking("a"), 99.0)
    assert caught.value.expires == 100.0
    assert await spent(ward, WARD) == [10]


async def test_a_repeat_after_the_release_gets_the_first_answer_for_nothing(ward: Ledger) -> None:
    token = await reserved(ward, asking("a"))
    await ward.release(token, b"\x00answer\xff", 2.0)
    for now in (3.0, 1e9):  # an answer does not expire
        assert await ward.reserve(asking("a", expires=2e9), now) == Stored(b"\x00answer\xff")
    assert await spent(ward, WARD) == [10]


async def test_an_empty_answer_is_an_answer(ward: Ledger) -> None:
    token = await reserved(ward, asking("a"))
    await ward.release(token, b"", 2.0)
    assert await ward.reserve(asking("a"), 3.0) == Stored(b"")


async def test_a_request_id_belongs_to_one_request_for_ever(ward: Ledger) -> None:
    token = await reserved(ward, asking("a"))
    other = asking("a", request_hash=b"other")
    with pytest.raises(RequestReused):
        await ward.reserve(other, 1.0)
    await ward.void(token, 2.0)
    with pytest.raises(RequestReused):
        await ward.reserve(other, 3.0)
    token = await reserved(ward, asking("a"))
    await ward.release(token, b"answer", 4.0)
    with pytest.raises(RequestReused):
        await ward.reserve(other, 5.0)


async def test_another_tenants_request_id_is_another_request(ward: Ledger) -> None:
    await reserved(ward, asking("a"))
    await reserved(ward, dataclasses.replace(asking("a"), tenant="elsewhere"))
    assert await spent(ward, WARD) == [20]


async def test_what_expires_without_an_answer_is_spent_and_a_repeat_is_charged_again(ward: Ledger) -> None:
    first = await reserved(ward, asking("a", expires=10.0))
    second = await reserved(ward, asking("a", expires=20.0), now=10.0)
    assert first != second
    balance = await ward.balance(WARD)
    assert (balance.spent, balance.reserved) == (20, 10)
    with pytest.raises(NotOpen, match="superseded"):
        await ward.release(first, b"too late", 11.0)
    with pytest.raises(NotOpen, match="superseded"):
        await ward.void(first, 11.0)
    await ward.release(second, b"answer", 12.0)
    assert await ward.reserve(asking("a"), 13.0) == Stored(b"answer")
    assert await spent(ward, WARD) == [20]


async def test_a_repeat_that_is_refused_supersedes_nothing(ward: Ledger) -> None:
    first = await reserved(ward, asking("a", 60, expires=10.0))
    with pytest.raises(BudgetSpent):
        await ward.reserve(asking("a", 60), 11.0)
    await ward.release(first, b"late, and paid", 12.0)


async def test_an_expired_attempt_may_be_released_until_it_is_superseded_but_never_voided(ward: Ledger) -> None:
    token = await reserved(ward, asking("a", expires=10.0))
    with pytest.raises(NotOpen, match="expired"):
        await ward.void(token, 10.0)
    assert await spent(ward, WARD) == [10]
    await ward.release(token, b"late", 11.0)


async def test_a_void_refunds_everything_and_frees_the_request(ward: Ledger) -> None:
    token = await reserved(ward, asking("a", costs=ALL))
    await ward.void(token, 2.0)
    assert await spent(ward, WARD, CLINIC, ADA) == [0, 0, 0]
    assert (await ward.balance(WARD)).reserved == 0
    await reserved(ward, asking("a", costs=ALL))


async def test_nothing_is_voided_twice_or_released_after_it(ward: Ledger) -> None:
    token = await reserved(ward, asking("a"))
    await reserved(ward, asking("b"))
    await ward.void(token, 2.0)
    for attempt in (ward.void(token, 3.0), ward.release(token, b"answer", 3.0)):
        with pytest.raises(NotOpen, match="voided"):
            await attempt
    assert await spent(ward, WARD) == [10]


async def test_nothing_is_voided_after_its_release(ward: Ledger) -> None:
    token = await reserved(ward, asking("a"))
    await ward.release(token, b"answer", 2.0)
    with pytest.raises(NotOpen, match="released"):
        await ward.void(token, 3.0)
    await ward.settle(token, ((WARD, 4),), 4.0)
    with pytest.raises(NotOpen, match="settled"):
        await ward.void(token, 5.0)
    assert await spent(ward, WARD) == [4]


async def test_an_attempt_is_released_once(ward: Ledger) -> None:
    token = await reserved(ward, asking("a"))
    await ward.release(token, b"answer", 2.0)
    with pytest.raises(NotOpen, match="released"):
        await ward.release(token, b"another", 3.0)
    assert await ward.reserve(asking("a"), 4.0) == Stored(b"answer")


async def test_a_settlement_credits_what_did_not_leave_per_account(ward: Ledger) -> None:
    token = await reserved(ward, asking("a", costs=ALL))
    await ward.release(token, b"answer", 2.0)
    assert (await ward.balance(WARD)).reserved == 0
    await ward.settle(token, ((WARD, 4), (CLINIC, 0)), 3.0)
    assert await spent(ward, WARD, CLINIC, ADA) == [4, 0, 10]
    assert await ward.verify() == ()


async def test_a_settlement_happens_once(ward: Ledger) -> None:
    token = await reserved(ward, asking("a"))
    await ward.release(token, b"answer", 2.0)
    await ward.settle(token, ((WARD, 4),), 3.0)
    with pytest.raises(UnknownAttempt):
        await ward.settle(token, ((WARD, 4),), 4.0)
    assert await spent(ward, WARD) == [4]


async def test_nothing_is_settled_before_its_release(ward: Ledger) -> None:
    token = await reserved(ward, asking("a"))
    with pytest.raises(UnknownAttempt):
        await ward.settle(token, ((WARD, 0),), 2.0)
    assert await spent(ward, WARD) == [10]


async def test_only_the_handle_that_released_may_settle(site: Site, ward: Ledger) -> None:
    token = await reserved(ward, asking("a"))
    await ward.release(token, b"answer", 2.0)
    other = await site.handle()
    with pytest.raises(UnknownAttempt):
        await other.settle(token, ((WARD, 0),), 3.0)
    await ward.settle(token, ((WARD, 1),), 4.0)
    assert await spent(ward, WARD) == [1]
    assert await spent(other, WARD) == [1]


@pytest.mark.parametrize(
    "costs",
    [((WARD, 11),), ((CLINIC, 0),), ((WARD, -1),), ((WARD, True),), ((WARD, 1.0),), ((WARD, 1), (WARD, 2))],
)
async def test_a_settlement_above_or_beside_the_reservation_changes_nothing(ward: Ledger, costs: tuple) -> None:
    token = await reserved(ward, asking("a"))
    await ward.release(token, b"answer", 2.0)
    with pytest.raises(BadCost):
        await ward.settle(token, costs, 3.0)
    await ward.settle(token, ((WARD, 9),), 4.0)
    assert await spent(ward, WARD) == [9]


async def test_too_large_an_answer_is_refused_and_the_attempt_stays_open(ward: Ledger) -> None:
    token = await reserved(ward, asking("a"))
    with pytest.raises(AnswerTooLarge) as caught:
        await ward.release(token, bytes(1001), 2.0)
    assert (caught.value.size, caught.value.limit) == (1001, 1000)
    await ward.release(token, bytes(1000), 3.0)


@pytest.mark.parametrize("token", [0, 1, -1, 10**6, 2**70])
async def test_a_token_that_names_no_attempt_is_unknown(ward: Ledger, token: int) -> None:
    for attempt in (ward.release(Token(token), b"answer", 1.0), ward.void(Token(token), 1.0)):
        with pytest.raises(UnknownAttempt):
            await attempt


async def test_a_time_that_is_none_is_refused(ward: Ledger) -> None:
    with pytest.raises(ValueError, match="not a time"):
        await ward.reserve(asking("a"), float("nan"))
    assert await spent(ward, WARD) == [0]


async def test_after_a_crash_what_was_reserved_is_spent_and_what_was_released_is_kept(site: Site) -> None:
    ledger = await site.handle()
    await ledger.open(account(WARD), 0.0)
    running = await reserved(ledger, asking("running"))
    answered = await reserved(ledger, asking("answered"))
    await ledger.release(answered, b"answer", 2.0)
    await site.crash()
    ledger = await site.handle()
    assert await spent(ledger, WARD) == [20]
    assert await ledger.reserve(asking("answered"), 3.0) == Stored(b"answer")
    with pytest.raises(InProgress):
        await ledger.reserve(asking("running"), 3.0)
    with pytest.raises(UnknownAttempt):  # the credit died with the process
        await ledger.settle(answered, ((WARD, 0),), 4.0)
    assert await reserved(ledger, asking("running", expires=200.0), now=100.0) != running
    assert await spent(ledger, WARD) == [30]
    assert await ledger.verify() == ()
