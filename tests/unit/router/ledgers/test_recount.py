"""Recounting finds what was changed behind the log's back, and logs that make no sense."""

from __future__ import annotations

import pytest

from router.ledgers.books import State
from router.ledgers.contract import Account, AccountKey, Fresh, Reservation
from router.ledgers.events import Frozen, Released, Settled, Voided
from router.ledgers.memory import MemoryBooks, MemoryLedger

WARD = AccountKey("ward")


@pytest.fixture
async def books() -> MemoryBooks:
    """Opened is 1; attempts 2 (released, settled), 5 (reserved), 6 (voided)."""
    books = MemoryBooks()
    ledger = MemoryLedger(books)
    await ledger.open(Account(WARD, "patient", "replace", 1.0, 1e-6, 100, odometer_orders=(2.0,)), 0.0)

    async def reserve(request_id: str) -> Fresh:
        asked = Reservation("clinic", request_id, b"h", ((WARD, 10),), b"e", "worker", 9.0, (3,))
        outcome = await ledger.reserve(asked, 1.0)
        assert isinstance(outcome, Fresh)
        return outcome

    first = await reserve("a")
    await ledger.release(first.token, b"answer", 2.0)
    await ledger.settle(first.token, ((WARD, 4),), 3.0)
    await reserve("b")
    await ledger.void((await reserve("c")).token, 4.0)
    return books


def test_true_sums_are_found_true(books: MemoryBooks) -> None:
    assert books.discrepancies() == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [("spent", 13), ("reserved", 9), ("limit", 101), ("epsilon", 2.0), ("frozen", "x"), ("odometer", (5,))],
)
def test_a_changed_sum_is_found(books: MemoryBooks, name: str, value: object) -> None:
    setattr(books.accounts[1], name, value)
    assert [found.what for found in books.discrepancies()] == ["account 1"]


def test_a_changed_attempt_is_found(books: MemoryBooks) -> None:
    books.attempts[5].state = State.VOIDED
    books.attempts[2].charges = ((1, 3),)
    assert [found.what for found in books.discrepancies()] == ["attempt 2", "attempt 5"]


def test_a_sheet_without_a_log_is_found(books: MemoryBooks) -> None:
    del books.accounts[1]
    assert [found.what for found in books.discrepancies()] == ["account 1"]


def test_a_lost_event_is_found(books: MemoryBooks) -> None:
    books.events.pop()
    assert [found.what for found in books.discrepancies()] == ["account 1", "attempt 6"]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (Voided(9.0, 2), "attempt 2 is SETTLED, not RESERVED"),
        (Released(9.0, 6, b""), "attempt 6 is VOIDED, not RESERVED"),
        (Settled(9.0, 5, ((1, 1),), (0,)), "attempt 5 is RESERVED, not RELEASED"),
        (Settled(9.0, 2, ((1, 1),), (0,)), "attempt 2 is SETTLED, not RELEASED"),
        (Voided(9.0, 77), "attempt 77 is None, not RESERVED"),
        (Frozen(9.0, 77, "x"), "no account 77 was opened"),
    ],
)
def test_an_event_that_cannot_have_happened_is_found(books: MemoryBooks, event: Voided, why: str) -> None:
    books.events.append(event)
    (found,) = books.discrepancies()
    assert (found.what, found.recounted) == (f"event {len(books.events)}", why)
