"""What may still be credited is remembered within bounds."""

from __future__ import annotations

import pytest

from router.ledgers.contract import AccountKey, Token
from router.ledgers.errors import UnknownAttempt
from router.ledgers.operations import Held
from router.ledgers.unsettled import Unsettled

WARD = AccountKey("ward")


def test_the_oldest_are_forgotten_first_and_stay_spent() -> None:
    unsettled = Unsettled(remembered=2)
    for number in (1, 2, 3):
        unsettled.remember(Token(number), Held(((WARD, 10),), ()))
    with pytest.raises(UnknownAttempt):
        unsettled.settle(Token(1), ((WARD, 0),), None, 1.0)
    assert [unsettled.settle(Token(number), ((WARD, 0),), None, 1.0).token for number in (2, 3)] == [2, 3]
