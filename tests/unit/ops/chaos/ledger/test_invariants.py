"""Each promise that can be broken is found when it is broken, and nothing is found in a sound history."""

from __future__ import annotations

import pytest

from ops.chaos.ledger.hearsay import Hearsay
from ops.chaos.ledger.invariants import Broken, check
from ops.chaos.ledger.plan import Plan, asking, planned, request_name
from ops.chaos.ledger.world import Asked, Denied, Granted, Left, Repeated, Settling, Voided, Voiding, Word
from router.ledgers.amounts import MAX_AMOUNT
from router.ledgers.contract import Fresh, Stored, Token
from router.ledgers.errors import InProgress
from router.ledgers.memory import MemoryBooks, MemoryLedger

ONE, TWO = (request_name(0, 0, client, 1) for client in (0, 1))


class Scene:
    """A ledger in memory with the accounts of one trial, and what the world heard of it."""

    def __init__(self) -> None:
        self.books = MemoryBooks()
        self.ledger = MemoryLedger(self.books)
        self.hearsay = Hearsay()
        self.plan: Plan = planned("scene", 0)

    async def open(self) -> None:
        for account in self.plan.accounts:
            await self.ledger.open(account, 0.0)

    async def reserve(self, request: str) -> Token:
        outcome = await self.ledger.reserve(asking(request, self.plan.now), self.plan.now)
        assert isinstance(outcome, Fresh)
        return outcome.token

    async def release(self, token: Token, answer: str) -> None:
        await self.ledger.release(token, answer.encode(), self.plan.now)

    async def settle(self, token: Token, request: str, actual: int) -> None:
        costs = tuple((key, actual) for key, _ in asking(request, 0.0).costs)
        await self.ledger.settle(token, costs, self.plan.now)

    def hear(self, call: str, request: str, *words: Word) -> None:
        costs = tuple((key.dataset, key.tenant, key.user, cost) for key, cost in asking(request, 0.0).costs)
        self.hearsay.add([Asked(call, request, costs), *words])

    async def broken(self, leaks: bool = False) -> set[Broken]:
        return {finding.broken for finding in await check(self.ledger, self.hearsay, [self.plan], leaks)}


@pytest.fixture
async def scene() -> Scene:
    scene = Scene()
    await scene.open()
    return scene


def cost(request: str) -> int:
    return asking(request, 0.0).costs[0][1]


async def test_nothing_is_found_in_a_sound_history(scene: Scene) -> None:
    token = await scene.reserve(ONE)
    await scene.release(token, "a")
    await scene.settle(token, ONE, 1)
    scene.hear("0/1", ONE, Granted("0/1"), Left("0/1", "a"), Settling("0/1", 1))
    assert isinstance(await scene.ledger.reserve(asking(ONE, 0.0), 0.0), Stored)
    scene.hear("0/2", ONE, Repeated("0/2", "a"))
    voided = await scene.reserve(TWO)
    await scene.ledger.void(voided, scene.plan.now)
    scene.hear("0/3", TWO, Granted("0/3"), Voiding("0/3"), Voided("0/3"))
    await scene.reserve(TWO)
    scene.hear("0/4", TWO)  # cut off: charged, and nobody was told
    with pytest.raises(InProgress):
        await scene.reserve(TWO)
    scene.hear("0/5", TWO, Denied("0/5", "InProgress"))
    assert await scene.broken() == set()


async def test_a_credit_that_was_lost_with_its_process_is_no_fault(scene: Scene) -> None:
    token = await scene.reserve(ONE)
    await scene.release(token, "a")
    scene.hear("0/1", ONE, Granted("0/1"), Left("0/1", "a"), Settling("0/1", 0))
    assert await scene.broken() == set()


async def test_an_answer_of_which_the_ledger_knows_no_release_was_not_paid(scene: Scene) -> None:
    await scene.reserve(ONE)
    scene.hear("0/1", ONE, Granted("0/1"), Left("0/1", "a"))
    assert await scene.broken() == {Broken.UNPAID}


async def test_a_grant_of_which_the_ledger_knows_nothing_was_not_paid(scene: Scene) -> None:
    scene.hear("0/1", ONE, Granted("0/1"))
    assert await scene.broken() == {Broken.UNPAID}


async def test_a_ledger_that_has_lost_its_accounts_was_not_paid(scene: Scene) -> None:
    scene.hear("0/1", ONE, Granted("0/1"), Left("0/1", "a"))
    scene.ledger = MemoryLedger()
    assert Broken.UNPAID in await scene.broken()


async def test_more_credit_than_was_settled_is_a_refund(scene: Scene) -> None:
    token = await scene.reserve(ONE)
    await scene.release(token, "a")
    await scene.settle(token, ONE, 0)
    scene.hear("0/1", ONE, Granted("0/1"), Left("0/1", "a"), Settling("0/1", 1))
    assert Broken.REFUNDED in await scene.broken()


async def test_a_charge_that_nobody_asked_for_was_applied_twice(scene: Scene) -> None:
    await scene.reserve(ONE)
    scene.hear("0/1", ONE, Granted("0/1"))
    await scene.reserve(TWO)
    assert await scene.broken() == {Broken.TWICE}
    assert await scene.broken(leaks=True) == set()


async def test_two_answers_to_one_request_are_found(scene: Scene) -> None:
    token = await scene.reserve(ONE)
    await scene.release(token, "a")
    scene.hear("0/1", ONE, Granted("0/1"), Left("0/1", "a"))
    scene.hear("0/2", ONE, Repeated("0/2", "b"))
    assert await scene.broken() == {Broken.TWICE}


async def test_an_account_beyond_the_limit_it_was_opened_with_is_overspent(scene: Scene) -> None:
    for account in scene.plan.accounts:
        await scene.ledger.set_limit(account.key, MAX_AMOUNT, 1.0, 0.0)
    total = 0
    for count in range(1, 1000):
        request = request_name(0, 0, 0, count)
        await scene.reserve(request)
        scene.hear(f"0/{count}", request, Granted(f"0/{count}"))
        total += cost(request)
        if total > scene.plan.accounts[0].limit:
            break
    assert Broken.OVERSPENT in await scene.broken()


async def test_sums_that_are_not_what_the_events_say_are_found(scene: Scene) -> None:
    await scene.reserve(ONE)
    scene.hear("0/1", ONE, Granted("0/1"))
    scene.books.accounts[1].epsilon = 9.0
    assert await scene.broken() == {Broken.BOOKS}
