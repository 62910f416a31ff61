"""What a ledger says instead of yes, as the router's own rejection: one table, used around every call of a ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from router import errors
from router.ledgers import errors as ledger

_BACK_S = 0.2  # an answer that is under way, or a store that is busy, is worth asking again after this


@contextmanager
def told() -> Iterator[None]:
    """Raises the rejection for a ledger's refusal; what is not in the table is a fault of ours, and stays as it is."""
    try:
        yield
    except ledger.LedgerError as error:
        row = _TABLE.get(type(error))
        if row is None:
            raise
        raise row(error) from None


def _spent(error: ledger.BudgetSpent) -> errors.Rejection:
    details = {"account": error.account, "asked_picorho": str(error.asked), "left_picorho": str(error.left)}
    message = f"the privacy budget of {error.account} does not pay for this answer: {error}"
    return errors.BudgetSpent(message, details)


def _frozen(error: ledger.AccountFrozen) -> errors.Rejection:
    details = {"account": error.account, "why": error.reason}
    return errors.AccountFrozen(f"the data owner has stopped {error.account}: {error.reason}", details)


def _unknown(error: ledger.UnknownAccount) -> errors.Rejection:
    message = f"{error.account} has no privacy account; its data owner opens one"
    return errors.UnknownAccount(message, {"account": error.account})


def _exists(error: ledger.AccountExists) -> errors.Rejection:
    return errors.AccountExists(str(error), {"account": error.account})


def _reused(error: ledger.RequestReused) -> errors.Rejection:
    return errors.RequestIdReused(
        f"request_id {error.request_id} belongs to another request; send a new one", {"request_id": error.request_id}
    )


def _in_progress(error: ledger.InProgress) -> errors.Rejection:
    return errors.InProgress(f"request {error.request_id} is being answered", _BACK_S, {"request_id": error.request_id})


def _unavailable(error: ledger.LedgerUnavailable) -> errors.Rejection:
    return errors.LedgerUnavailable("privacy cannot be charged now, so nothing is answered", _BACK_S)


def _too_large(error: ledger.AnswerTooLarge) -> errors.Rejection:
    details = {"got_bytes": str(error.size), "limit_bytes": str(error.limit)}
    return errors.TooLarge(
        f"the answer has {error.size} bytes; one about private records may have {error.limit}", details
    )


def _name(error: ledger.BadName) -> errors.Rejection:
    return errors.Malformed(str(error), error.field)


_TABLE: Mapping[type[ledger.LedgerError], Callable[[Any], errors.Rejection]] = {
    ledger.BudgetSpent: _spent,
    ledger.AccountFrozen: _frozen,
    ledger.UnknownAccount: _unknown,
    ledger.AccountExists: _exists,
    ledger.RequestReused: _reused,
    ledger.InProgress: _in_progress,
    ledger.LedgerUnavailable: _unavailable,
    ledger.AnswerTooLarge: _too_large,
    ledger.BadName: _name,
}
