"""The rules: what each operation checks and changes. All checks come first, so that a refusal changes nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from router.ledgers.books import AccountSheet, AttemptSheet, Books, State
from router.ledgers.contract import Account, AccountKey, Balance, Costs, Fresh, Release, Reservation, Stored, Token
from router.ledgers.errors import (
    AccountExists,
    AccountFrozen,
    BadCost,
    BudgetSpent,
    InProgress,
    NotOpen,
    RequestReused,
    UnknownAccount,
    UnknownAttempt,
)
from router.ledgers.events import Charges, Frozen, LimitSet, Opened, Released, Reserved, Settled, Thawed, Voided
from router.ledgers.odometers import added, taken

T_co = TypeVar("T_co", covariant=True)


class Operation(Protocol, Generic[T_co]):
    """Applied to the books within one transaction."""

    def apply(self, books: Books) -> T_co:
        """Raises `Refused` before any change."""
        ...


@dataclass(frozen=True)
class Held:
    """What an attempt holds at its release, by key: what a settlement may credit."""

    costs: Costs
    odometer: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Open:
    account: Account
    now: float

    def apply(self, books: Books) -> None:
        found = books.find_account(self.account.key)
        if found is not None:
            if found.terms != self.account:
                raise AccountExists(str(self.account.key))
            return
        terms = self.account
        id = books.append(Opened(self.now, terms))
        zeros = (0,) * len(terms.odometer_orders)
        books.add_account(AccountSheet(id, terms, terms.limit, terms.epsilon, odometer=zeros))


@dataclass(frozen=True, slots=True)
class SetLimit:
    key: AccountKey
    limit: int
    epsilon: float
    now: float

    def apply(self, books: Books) -> None:
        sheet = _opened(books, self.key)
        books.append(LimitSet(self.now, sheet.id, self.limit, self.epsilon))
        sheet.limit, sheet.epsilon = self.limit, self.epsilon
        books.account_changed(sheet)


@dataclass(frozen=True, slots=True)
class Freeze:
    key: AccountKey
    reason: str
    now: float

    def apply(self, books: Books) -> None:
        sheet = _opened(books, self.key)
        books.append(Frozen(self.now, sheet.id, self.reason))
        sheet.frozen = self.reason
        books.account_changed(sheet)


@dataclass(frozen=True, slots=True)
class Thaw:
    key: AccountKey
    now: float

    def apply(self, books: Books) -> None:
        sheet = _opened(books, self.key)
        books.append(Thawed(self.now, sheet.id))
        sheet.frozen = ""
        books.account_changed(sheet)


@dataclass(frozen=True, slots=True)
class Reserve:
    reservation: Reservation
    now: float

    def apply(self, books: Books) -> Fresh | Stored:
        asked = self.reservation
        earlier = books.latest(asked.tenant, asked.request_id)
        if earlier is not None:
            if earlier.request_hash != asked.request_hash:
                raise RequestReused(asked.tenant, asked.request_id)
            if earlier.answer is not None:
                return Stored(earlier.answer)
            if earlier.state is State.RESERVED and self.now < earlier.expires:
                raise InProgress(asked.tenant, asked.request_id, earlier.expires)
        sheets = [_admitted(books, key, cost, asked.odometer) for key, cost in asked.costs]
        superseded = earlier if earlier is not None and earlier.state is State.RESERVED else None
        charges = tuple((sheet.id, cost) for sheet, (_, cost) in zip(sheets, asked.costs, strict=True))
        id = books.append(
            Reserved(
                at=self.now,
                tenant=asked.tenant,
                request_id=asked.request_id,
                request_hash=asked.request_hash,
                charges=charges,
                odometer=asked.odometer,
                event=asked.event,
                owner=asked.owner,
                expires=asked.expires,
                supersedes=superseded.id if superseded is not None else 0,
            )
        )
        if superseded is not None:
            _close(books, superseded, State.SUPERSEDED)
        for sheet, (_, cost) in zip(sheets, asked.costs, strict=True):
            sheet.spent += cost
            sheet.reserved += cost
            if sheet.odometer:
                sheet.odometer = added(sheet.odometer, asked.odometer)
            books.account_changed(sheet)
        tenant, request_id, request_hash = asked.tenant, asked.request_id, asked.request_hash
        books.add_attempt(AttemptSheet(id, tenant, request_id, request_hash, asked.expires, charges, asked.odometer))
        return Fresh(Token(id))


@dataclass(frozen=True, slots=True)
class Keep:
    """The release. Its size was checked by the handle, which knows the limit."""

    token: Token
    answer: bytes
    now: float

    def apply(self, books: Books) -> Held:
        attempt = _reserved(books, self.token)
        id = books.append(Released(self.now, attempt.id, hashlib.sha256(self.answer).digest()))
        attempt.answer = self.answer
        _close(books, attempt, State.RELEASED)
        books.add_release(attempt, id, self.now)
        costs = tuple((books.account(account).terms.key, amount) for account, amount in attempt.charges)
        return Held(costs, attempt.odometer)


@dataclass(frozen=True, slots=True)
class Settle:
    """Ruled upon by `Unsettled` before; checked again, since the books may be anybody's."""

    token: Token
    costs: Costs
    odometer: tuple[int, ...]
    now: float

    def apply(self, books: Books) -> None:
        attempt = _attempt(books, self.token)
        if attempt.state is not State.RELEASED:
            raise NotOpen(self.token, attempt.state.name.lower())
        actual = dict(self.costs)
        holding = [(books.account(id), amount) for id, amount in attempt.charges]
        kept = tuple((sheet.id, actual.get(sheet.terms.key, amount)) for sheet, amount in holding)
        credits: Charges = tuple((id, held - cost) for (id, cost), (_, held) in zip(kept, attempt.charges, strict=True))
        back = tuple(held - spent for held, spent in zip(attempt.odometer, self.odometer, strict=True))
        if min(amount for _, amount in credits) < 0 or min(back, default=0) < 0:
            raise BadCost(repr(self.costs), "more than was reserved")
        books.append(Settled(self.now, attempt.id, credits, back))
        for (sheet, _), (_, amount) in zip(holding, credits, strict=True):
            sheet.spent -= amount
            if sheet.odometer:
                sheet.odometer = taken(sheet.odometer, back)
            books.account_changed(sheet)
        attempt.charges, attempt.odometer, attempt.state = kept, self.odometer, State.SETTLED
        books.attempt_changed(attempt)


@dataclass(frozen=True, slots=True)
class Void:
    token: Token
    now: float

    def apply(self, books: Books) -> None:
        attempt = _reserved(books, self.token)
        if self.now >= attempt.expires:
            raise NotOpen(self.token, "expired")
        books.append(Voided(self.now, attempt.id))
        for id, amount in attempt.charges:
            sheet = books.account(id)
            sheet.spent -= amount
            if sheet.odometer:
                sheet.odometer = taken(sheet.odometer, attempt.odometer)
            books.account_changed(sheet)
        _close(books, attempt, State.VOIDED)


@dataclass(frozen=True, slots=True)
class ReadAccount:
    key: AccountKey

    def apply(self, books: Books) -> tuple[Account, Balance, float, tuple[int, ...]]:
        """(terms as opened, balance, ε of now, odometer)"""
        sheet = _opened(books, self.key)
        return sheet.terms, sheet.balance(), sheet.epsilon, sheet.odometer


@dataclass(frozen=True, slots=True)
class ReadReleases:
    dataset: str
    after: int
    limit: int

    def apply(self, books: Books) -> tuple[Release, ...]:
        return books.releases(_opened(books, AccountKey(self.dataset)).id, self.after, self.limit)


def _opened(books: Books, key: AccountKey) -> AccountSheet:
    sheet = books.find_account(key)
    if sheet is None:
        raise UnknownAccount(str(key))
    return sheet


def _admitted(books: Books, key: AccountKey, cost: int, odometer: tuple[int, ...]) -> AccountSheet:
    sheet = _opened(books, key)
    if sheet.frozen:
        raise AccountFrozen(str(key), sheet.frozen)
    if sheet.odometer and len(sheet.odometer) != len(odometer):
        raise BadCost(repr(odometer), f"the odometer of {key} has {len(sheet.odometer)} places")
    left = max(0, sheet.limit - sheet.spent)
    if cost > left:
        raise BudgetSpent(str(key), cost, left)
    return sheet


def _attempt(books: Books, token: Token) -> AttemptSheet:
    attempt = books.attempt(token)
    if attempt is None:
        raise UnknownAttempt(token)
    return attempt


def _reserved(books: Books, token: Token) -> AttemptSheet:
    attempt = _attempt(books, token)
    if attempt.state is not State.RESERVED:
        raise NotOpen(token, attempt.state.name.lower())
    return attempt


def _close(books: Books, attempt: AttemptSheet, state: State) -> None:
    attempt.state = state
    books.attempt_changed(attempt)
    for id, amount in attempt.charges:
        sheet = books.account(id)
        sheet.reserved -= amount
        books.account_changed(sheet)
