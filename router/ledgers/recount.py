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
    LimitSet,
    Opened,
    Released,
    Reserved,
    Settled,
    Thawed,
    Voided,
)
from router.ledgers.odometers import added, taken


@dataclass
class Recount:
    """Accounts by id, and of each attempt (state, charges, odometer), by id."""

    accounts: dict[int, AccountSheet] = field(default_factory=dict)
    attempts: dict[int, tuple[State, Charges, tuple[int, ...]]] = field(default_factory=dict)


def recount(events: Iterable[tuple[int, Event]]) -> Recount:
    """From all (id, event), in order."""
    sums = Recount()
    for id, event in events:
        match event:
            case Opened():
                terms = event.account
                zeros = (0,) * len(terms.odometer_orders)
                sums.accounts[id] = AccountSheet(id, terms, terms.limit, terms.epsilon, odometer=zeros)
            case LimitSet():
                sums.accounts[event.account].limit = event.limit
                sums.accounts[event.account].epsilon = event.epsilon
            case Frozen():
                sums.accounts[event.account].frozen = event.reason
            case Thawed():
                sums.accounts[event.account].frozen = ""
            case Reserved():
                if event.supersedes:
                    _end(sums, event.supersedes, State.SUPERSEDED)
                sums.attempts[id] = (State.RESERVED, event.charges, event.odometer)
                _charge(sums, event.charges, event.odometer)
                for account, amount in event.charges:
                    sums.accounts[account].reserved += amount
            case Released():
                _end(sums, event.attempt, State.RELEASED)
            case Settled():
                _, charges, odometer = sums.attempts[event.attempt]
                credit = dict(event.credits)
                kept = tuple((account, amount - credit[account]) for account, amount in charges)
                left = tuple(held - back for held, back in zip(odometer, event.odometer_credit, strict=True))
                sums.attempts[event.attempt] = (State.SETTLED, kept, left)
                _refund(sums, event.credits, event.odometer_credit)
            case Voided():
                _end(sums, event.attempt, State.VOIDED)
                _, charges, odometer = sums.attempts[event.attempt]
                _refund(sums, charges, odometer)
            case _:
                assert_never(event)
    return sums


def discrepancies(
    sums: Recount,
    accounts: Iterable[AccountSheet],
    attempts: Iterable[tuple[int, tuple[State, Charges, tuple[int, ...]]]],
) -> tuple[Discrepancy, ...]:
    """What is stored and was not recounted so, and the reverse."""
    found = _compared("account", {sheet.id: sheet for sheet in accounts}, sums.accounts)
    return found + _compared("attempt", dict(attempts), sums.attempts)


def _compared(kind: str, stored: Mapping[int, object], recounted: Mapping[int, object]) -> tuple[Discrepancy, ...]:
    return tuple(
        Discrepancy(f"{kind} {id}", repr(stored.get(id)), repr(recounted.get(id)))
        for id in sorted(stored.keys() | recounted.keys())
        if stored.get(id) != recounted.get(id)
    )


def _end(sums: Recount, attempt: int, state: State) -> None:
    _, charges, odometer = sums.attempts[attempt]
    sums.attempts[attempt] = (state, charges, odometer)
    for account, amount in charges:
        sums.accounts[account].reserved -= amount


def _charge(sums: Recount, charges: Charges, odometer: tuple[int, ...]) -> None:
    for account, amount in charges:
        sheet = sums.accounts[account]
        sheet.spent += amount
        sheet.odometer = added(sheet.odometer, odometer) if sheet.odometer else ()


def _refund(sums: Recount, charges: Charges, odometer: tuple[int, ...]) -> None:
    for account, amount in charges:
        sheet = sums.accounts[account]
        sheet.spent -= amount
        sheet.odometer = taken(sheet.odometer, odometer) if sheet.odometer else ()
