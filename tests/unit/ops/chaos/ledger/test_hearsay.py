"""What was heard of a call bounds what the ledger may hold for it, from both sides."""

from __future__ import annotations

import pytest

from ops.chaos.ledger.hearsay import Hearsay
from ops.chaos.ledger.world import (
    Asked,
    Denied,
    Granted,
    Left,
    Repeated,
    Settling,
    Unavailable,
    Voided,
    Voiding,
    Word,
)
from router.ledgers.contract import AccountKey

ASKED = Asked("1", "request", (("d", "", "", 10), ("d", "t", "", 10)))


@pytest.mark.parametrize(
    ("words", "bounds", "open"),
    [
        ([], (0, 10), True),  # killed while it asked
        ([Unavailable("1", "why")], (0, 10), True),
        ([Denied("1", "BudgetSpent")], (0, 0), False),
        ([Repeated("1", "answer")], (0, 0), False),
        ([Granted("1")], (10, 10), False),  # it may be releasing: spent either way
        ([Granted("1"), Unavailable("1", "why")], (10, 10), False),
        ([Granted("1"), Voiding("1")], (0, 10), True),
        ([Granted("1"), Voiding("1"), Voided("1")], (0, 0), False),
        ([Granted("1"), Left("1", "answer")], (10, 10), False),
        ([Granted("1"), Left("1", "answer"), Settling("1", 4)], (4, 10), False),  # the credit is lazy
        ([Granted("1"), Left("1", "answer"), Settling("1", 0)], (0, 10), False),
    ],
)
def test_bounds_of_one_call(words: list[Word], bounds: tuple[int, int], open: bool) -> None:
    hearsay = Hearsay()
    (call,) = hearsay.add([ASKED, *words])
    assert hearsay.bounds() == {AccountKey("d"): bounds, AccountKey("d", "t"): bounds}
    assert call.open is open


def test_bounds_add_up_over_calls_of_the_same_request(tmp_path: object) -> None:
    hearsay = Hearsay()
    hearsay.add([ASKED, Granted("1")])
    again = hearsay.add([Asked("2", "request", (("d", "", "", 10),))])
    assert [call.name for call in again] == ["2"]
    assert hearsay.bounds() == {AccountKey("d"): (10, 20), AccountKey("d", "t"): (10, 10)}


def test_answers_are_gathered_by_request_however_they_left() -> None:
    hearsay = Hearsay()
    hearsay.add([ASKED, Granted("1"), Left("1", "a")])
    hearsay.add([Asked("2", "request", ASKED.costs), Repeated("2", "b")])
    assert hearsay.answers() == {"request": {"a", "b"}}
