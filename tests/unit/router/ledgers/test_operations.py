"""The rules hold on their own, whoever asks: a settlement is checked by its handle first, and here again."""

from __future__ import annotations

import pytest

from router.ledgers.contract import Account, AccountKey, Fresh, Reservation, Token
from router.ledgers.errors import BadCost, NotOpen, UnknownAttempt
from router.ledgers.memory import MemoryBooks
from router.ledgers.operations import Keep, Open, Reserve, Settle

WARD = AccountKey("ward")


@pytest.fixture
def books() -> MemoryBooks:
    books = MemoryBooks()
    Open(Account(WARD, "patient", "replace", 1.0, 1e-6, 100), 0.0).apply(books)
    return books


@pytest.fixture
def token(books: MemoryBooks) -> Token:
    outcome = Reserve(Reservation("clinic", "a", b"hash", ((WARD, 10),), b"event", "worker", 9.0), 1.0).apply(books)
    assert isinstance(outcome, Fresh)
    return outcome.token


def test_nothing_is_credited_before_a_release_or_twice(books: MemoryBooks, token: Token) -> None:
    settle = Settle(token, ((WARD, 4),), (), 3.0)
    with pytest.raises(NotOpen, match="reserved"):
        settle.apply(books)
    Keep(token, b"answer", 2.0).apply(books)
    settle.apply(books)
    with pytest.raises(NotOpen, match="settled"):
        settle.apply(books)
    with pytest.raises(UnknownAttempt):
        Settle(Token(77), (), (), 3.0).apply(books)
    assert books.accounts[1].spent == 4
    assert books.discrepancies() == ()


def test_nothing_is_credited_that_was_not_reserved(books: MemoryBooks, token: Token) -> None:
    Keep(token, b"answer", 2.0).apply(books)
    with pytest.raises(BadCost):
        Settle(token, ((WARD, 11),), (), 3.0).apply(books)
    assert books.accounts[1].spent == 10
    assert books.discrepancies() == ()
