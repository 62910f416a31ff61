"""The running sums once more, from the events alone: what `verify` compares the stored ones with.

Written without the rules, which only ever add one operation to what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from router.ledgers.books import AccountSheet, State
from router.ledgers.contract import Discrepancy
from router.ledgers.events import (
    Charges,
    Event,
    Frozen,
    LeaseReturned,
    LeaseTaken,
    LimitSet,
    Opened,
    Released,
    Reserved,
    Settled,
    Thawed,
    Voided,
)
from router.ledgers.odometers import added, taken

Kept = tuple[State, Charges, tuple[int, ...]]  # of an attempt: its state, and what it holds


@dataclass
class Recount:
    """Accounts and attempts by id."""

    accounts: dict[int, AccountSheet] = field(default_factory=dict)
    attempts: dict[int, Kept] = field(default_factory=dict)


class Incoherent(Exception):
    """An event that cannot have come after those before it."""


def compare(
    events: Iterable[tuple[int, Event]], accounts: Iterable[AccountSheet], attempts: Iterable[tuple[int, Kept]]
) -> tuple[Discrepancy, ...]:
    """What the stored sums and the recounted ones do not share; or the first event that makes no sense."""
    sums = Recount()
    for id, event in events:
        try:
            _add(sums, id, event)
        except Incoherent as error:
            return (Discrepancy(f"event {id}", repr(event), str(error)),)
    found = _compared("account", {sheet.id: sheet for sheet in accounts}, sums.accounts)
    return found + _compared("attempt", dict(attempts), sums.attempts)


def _compared(kind: str, stored: Mapping[int, object], recounted: Mapping[int, object]) -> tuple[Discrepancy, ...]:
    return tuple(
        Discrepancy(f"{kind} {id}", repr(stored.get(id)), repr(recounted.get(id)))
        for id in sorted(stored.keys() | recounted.keys())
        if stored.get(id) != recounted.get(id)
    )


def _add(sums: Recount, id: int, event: Event) -> None:
    match event:
        case Opened():
            terms = event.account
            zeros = (0,) * len(terms.odometer_orders)
            sums.accounts[id] = AccountSheet(id, terms, terms.limit, terms.epsilon, odometer=zeros)
        case LimitSet():
            sheet = _account(sums, event.account)
            sheet.limit, sheet.epsilon = event.limit, event.epsilon
        case Frozen():
            _account(sums, event.account).frozen = event.reason
        case Thawed():
            _account(sums, event.account).frozen = ""
        case Reserved():
            if event.supersedes:
                _end(sums, event.supersedes, State.SUPERSEDED)
            sums.attempts[id] = (State.RESERVED, event.charges, event.odometer)
            _charge(sums, event.charges, event.odometer)
        case Released():
            _end(sums, event.attempt, State.RELEASED)
        case Settled():
            _settle(sums, event)
        case Voided():
            charges, odometer = _end(sums, event.attempt, State.VOIDED)
            _refund(sums, charges, odometer)
        case LeaseTaken():
            _account(sums, event.account).spent += event.amount
        case LeaseReturned():
            _account(sums, event.account).spent -= event.amount
        case _:
            assert_never(event)


def _account(sums: Recount, id: int) -> AccountSheet:
    sheet = sums.accounts.get(id)
    if sheet is None:
        raise Incoherent(f"no account {id} was opened")
    return sheet


def _held(sums: Recount, id: int, expected: State) -> tuple[Charges, tuple[int, ...]]:
    state, charges, odometer = sums.attempts.get(id, (None, (), ()))
    if state is not expected:
        raise Incoherent(f"attempt {id} is {state.name if state is not None else None}, not {expected.name}")
    return charges, odometer


def _end(sums: Recount, id: int, state: State) -> tuple[Charges, tuple[int, ...]]:
    charges, odometer = _held(sums, id, State.RESERVED)
    sums.attempts[id] = (state, charges, odometer)
    for account, amount in charges:
        _account(sums, account).reserved -= amount
    return charges, odometer


def _settle(sums: Recount, event: Settled) -> None:
    charges, odometer = _held(sums, event.attempt, State.RELEASED)
    credit = dict(event.credits)
    kept = tuple((account, amount - credit.get(account, 0)) for account, amount in charges)
    left = tuple(held - back for held, back in zip(odometer, event.odometer_credit, strict=True))
    sums.attempts[event.attempt] = (State.SETTLED, kept, left)
    _refund(sums, event.credits, event.odometer_credit)


def _charge(sums: Recount, charges: Charges, odometer: tuple[int, ...]) -> None:
    for account, amount in charges:
        sheet = _account(sums, account)
        sheet.spent += amount
        sheet.reserved += amount
        sheet.odometer = added(sheet.odometer, odometer) if sheet.odometer else ()


def _refund(sums: Recount, charges: Charges, odometer: tuple[int, ...]) -> None:
    for account, amount in charges:
        sheet = _account(sums, account)
        sheet.spent -= amount
        sheet.odometer = taken(sheet.odometer, odometer) if sheet.odometer else ()
