"""What cannot be asked of any ledger, because it cannot be said."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from router.ledgers import errors
from router.ledgers.amounts import MAX_AMOUNT
from router.ledgers.contract import MAX_EVENT_BYTES, Account, AccountKey, Reservation
from router.ledgers.errors import BadCost, BadName, LedgerError

WARD = AccountKey("ward")
CLINIC = AccountKey("ward", "clinic")
ACCOUNT = Account(WARD, "patient", "replace", epsilon=1.0, delta=1e-6, limit=5)
RESERVATION = Reservation("clinic", "1", b"hash", ((WARD, 1),), b"event", "worker", 9.0)


@pytest.mark.parametrize(
    "cost", [-1, True, 1.0, float("nan"), float("inf"), -float("inf"), MAX_AMOUNT + 1, 2**63, "1", None, np.int64(1)]
)
def test_a_cost_is_an_int_in_range(cost: object) -> None:
    with pytest.raises(BadCost):
        dataclasses.replace(RESERVATION, costs=((WARD, cost),))
    with pytest.raises(BadCost):
        dataclasses.replace(RESERVATION, odometer=(0, cost))
    with pytest.raises(BadCost):
        dataclasses.replace(ACCOUNT, limit=cost)


def test_a_limit_and_one_cost_beyond_it_add_up_within_63_bits() -> None:
    assert 2 * MAX_AMOUNT < 2**63


@pytest.mark.parametrize("costs", [(), ((WARD, 1), (WARD, 2))])
def test_a_reservation_charges_at_least_one_account_and_each_once(costs: tuple) -> None:
    with pytest.raises(BadCost, match="each once"):
        dataclasses.replace(RESERVATION, costs=costs)


def test_a_cap_is_never_charged_without_the_account_that_protects_people() -> None:
    with pytest.raises(BadCost, match="dataset's own account"):
        dataclasses.replace(RESERVATION, costs=((CLINIC, 1),))
    with pytest.raises(BadCost, match="dataset's own account"):
        dataclasses.replace(RESERVATION, costs=((WARD, 1), (AccountKey("lab", "clinic"), 1)))
    dataclasses.replace(RESERVATION, costs=((CLINIC, 1), (WARD, 1)))


@pytest.mark.parametrize("name", ["", "a\x00b", "\ud800", "x" * 201, "a\nb"])
def test_a_name_can_be_stored_and_printed(name: str) -> None:
    for field in ("tenant", "request_id", "owner"):
        with pytest.raises(BadName):
            dataclasses.replace(RESERVATION, **{field: name})
    with pytest.raises(BadName):
        AccountKey(name)


def test_a_users_cap_has_a_tenant() -> None:
    with pytest.raises(BadName, match="tenant"):
        AccountKey("ward", "", "ada")
    assert str(AccountKey("ward", "clinic", "ada")) == "ward/clinic/ada"


@pytest.mark.parametrize("expires", [float("nan"), float("inf")])
def test_a_reservation_expires(expires: float) -> None:
    with pytest.raises(ValueError, match="not a time"):
        dataclasses.replace(RESERVATION, expires=expires)


def test_what_is_kept_with_a_reservation_is_bounded() -> None:
    with pytest.raises(ValueError, match="up to"):
        dataclasses.replace(RESERVATION, event=bytes(MAX_EVENT_BYTES + 1))
    with pytest.raises(ValueError, match="up to"):
        dataclasses.replace(RESERVATION, request_hash=bytes(65))


@pytest.mark.parametrize(
    "terms",
    [
        {"epsilon": -0.1},
        {"epsilon": float("nan")},
        {"delta": 1.0},
        {"delta": -1e-9},
        {"order": 1.0},
        {"order": float("inf")},
        {"odometer_orders": (2.0, float("nan"))},
    ],
)
def test_terms_that_promise_nothing_are_refused(terms: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"no guarantee|not above 1"):
        dataclasses.replace(ACCOUNT, **terms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error",
    [
        errors.LedgerUnavailable("disk full"),
        errors.BudgetSpent("ward", 3, 2),
        errors.AccountFrozen("ward", "audit"),
        errors.UnknownAccount("ward"),
        errors.AccountExists("ward"),
        errors.RequestReused("clinic", "1"),
        errors.InProgress("clinic", "1", 9.0),
        errors.UnknownAttempt(7),
        errors.NotOpen(7, "voided"),
        errors.AnswerTooLarge(3, 2),
        errors.BadCost("-1", "negative"),
        errors.BadName("tenant", ""),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_survives_a_pickle_and_says_what_is_wrong(error: LedgerError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)
    assert all(str(value) in str(error) for name, value in vars(error).items() if name not in {"expires"})
