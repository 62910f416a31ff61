"""What may be stored: whole amounts, instants and names. All are checked before anything is queued or written."""

from __future__ import annotations

import math

from router.ledgers.errors import BadCost, BadName

PICORHO = 10**12  # amounts are whole numbers of 1e-12 ρ
MAX_AMOUNT = 10**18  # a million ρ: no protection at all. A limit and a cost beyond it still add up within 63 bits
MAX_ODOMETER = 2**63 - 1  # an odometer's sums stop here and then say: at least this
_MAX_NAME = 200


def checked_amount(value: object) -> int:
    """The value, an int from 0 to `MAX_AMOUNT`. Raises `BadCost` for all else: bool, float, numpy.int64."""
    if type(value) is not int:
        raise BadCost(repr(value), "not a whole number (int)")
    if not 0 <= value <= MAX_AMOUNT:
        raise BadCost(repr(value), f"not between 0 and {MAX_AMOUNT}")
    return value


def checked_name(field: str, value: str) -> str:
    """Printable, so that neither NUL (which PostgreSQL refuses) nor half a surrogate pair reaches a store."""
    if not 1 <= len(value) <= _MAX_NAME or not value.isprintable():
        raise BadName(field, value[:_MAX_NAME])
    return value


def checked_guarantee(epsilon: float, delta: float) -> None:
    """Raises ValueError for what is no (ε, δ)."""
    if not 0 <= epsilon < math.inf or not 0 <= delta < 1:
        raise ValueError(f"(ε, δ) = ({epsilon}, {delta}) is no guarantee")


def checked_instant(field: str, value: float) -> float:
    """Unix seconds. Raises ValueError for NaN and infinities: no comparison holds with NaN."""
    if not math.isfinite(value):
        raise ValueError(f"{field} is {value}, not a time")
    return value
