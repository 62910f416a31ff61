"""What must hold after every crash, checked from what the world has heard against the ledger as it is found."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ops.chaos.ledger.hearsay import Call, Hearsay
from ops.chaos.ledger.plan import Plan, asking
from router.ledgers.contract import MAX_PAGE, Account, AccountKey, Ledger, Release, Stored
from router.ledgers.errors import Refused, UnknownAccount


class Broken(enum.Enum):
    """Which promise."""

    OVERSPENT = "an account holds, or let out, more than its limit"
    UNPAID = "an answer left, or an attempt was granted, without a durable debit"
    REFUNDED = "money came back after its answer had left, or more of it than was settled"
    TWICE = "something was applied twice: a charge, a release, another answer to the same request"
    BOOKS = "the running sums are not what the events add up to, or the store cannot be read"


@dataclass(frozen=True)
class Finding:
    broken: Broken
    what: str


async def check(ledger: Ledger, hearsay: Hearsay, plans: Sequence[Plan], leaks: bool) -> tuple[Finding, ...]:
    """All that is broken in the accounts of these trials; the last of them is the one that has just been broken off.

    Where a store `leaks`, more may be spent than was asked for.
    """
    accounts = [account for plan in plans for account in plan.accounts]
    datasets = {account.key.dataset for account in accounts}
    calls = [call for call in hearsay.calls.values() if call.costs[0][0] in datasets]
    findings = [Finding(Broken.BOOKS, str(discrepancy)) for discrepancy in await ledger.verify()]
    findings += await _accounts(ledger, hearsay, accounts, leaks)
    releases = {dataset: await _releases(ledger, dataset) for dataset in datasets}
    for release in _repeated(releases.values()):
        findings.append(Finding(Broken.TWICE, f"{release.request_id} was released again"))
    held = {release.request_id: release for page in releases.values() for release in page}
    for call in calls:
        findings += _released(call, held.get(call.request))
    findings += _contradictions(hearsay, {call.request for call in calls})
    return (*findings, *await _forgotten(ledger, hearsay, plans[-1]))


async def _accounts(ledger: Ledger, hearsay: Hearsay, accounts: Iterable[Account], leaks: bool) -> list[Finding]:
    bounds = hearsay.bounds()
    findings = []
    for account in accounts:
        least, most = bounds.get(account.key, (0, 0))
        spent = await _spent(ledger, account.key)
        if max(spent, least) > account.limit:
            findings.append(
                Finding(Broken.OVERSPENT, f"{account.key}: {spent} held, {least} let out, of {account.limit}")
            )
        if spent < least:
            findings.append(Finding(Broken.UNPAID, f"{account.key}: {spent} held, at least {least} were granted"))
        if spent > most and not leaks:
            findings.append(Finding(Broken.TWICE, f"{account.key}: {spent} held, at most {most} were asked for"))
    return findings


async def _spent(ledger: Ledger, key: AccountKey) -> int:
    try:
        return (await ledger.balance(key)).spent
    except UnknownAccount:  # never opened, or lost, in which case what it paid for is missed
        return 0


async def _releases(ledger: Ledger, dataset: str) -> list[Release]:
    found: list[Release] = []
    with_more = True
    while with_more:
        try:
            page = await ledger.releases(dataset, found[-1].cursor if found else 0)
        except UnknownAccount:
            return found
        found += page
        with_more = len(page) == MAX_PAGE
    return found


def _repeated(pages: Iterable[list[Release]]) -> list[Release]:
    seen: set[str] = set()
    again = []
    for page in pages:
        for release in page:
            if release.request_id in seen:
                again.append(release)
            seen.add(release.request_id)
    return again


def _released(call: Call, release: Release | None) -> list[Finding]:
    """Whether one call's answer was paid for, and is still."""
    if call.left is None:
        return []
    if release is None:
        return [Finding(Broken.UNPAID, f"{call.name}: its answer left, and the ledger knows of no release")]
    charged = {(key.dataset, key.tenant, key.user): amount for key, amount in release.costs}
    findings = []
    for *key, cost in call.costs:
        held = charged.get((key[0], key[1], key[2]), 0)
        if held != cost and held != call.actual:
            kind = Broken.REFUNDED if held < cost else Broken.TWICE
            findings.append(
                Finding(kind, f"{call.name}: {held} held of {cost}, and {call.actual} settled, on {'/'.join(key)}")
            )
    return findings


def _contradictions(hearsay: Hearsay, requests: set[str]) -> list[Finding]:
    return [
        Finding(Broken.TWICE, f"{request} was answered with {sorted(answers)}")
        for request, answers in hearsay.answers().items()
        if request in requests and len(answers) > 1
    ]


async def _forgotten(ledger: Ledger, hearsay: Hearsay, plan: Plan) -> list[Finding]:
    """Ask again for all that left in the last trial: the ledger must hand out the same answer, at no cost."""
    answers = {
        call.request: call.left
        for call in hearsay.calls.values()
        if call.left is not None and call.name.startswith(f"{plan.number}/")
    }
    again = (ledger.reserve(asking(request, plan.now), plan.now) for request in answers)
    outcomes = await asyncio.gather(*again, return_exceptions=True)
    findings = []
    for (request, answer), outcome in zip(answers.items(), outcomes, strict=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, Refused):
            raise outcome
        if not isinstance(outcome, Stored) or outcome.answer.decode() != answer:
            findings.append(Finding(Broken.UNPAID, f"{request}: {answer} left, and a repeat finds {outcome}"))
    return findings
