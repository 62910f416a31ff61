"""Arithmetic that errs to one known side, and always against the one who spends.

Costs are `Decimal`s of 100 digits. Rational formulas are evaluated as fractions and rounded once, upwards. Formulas
with exp and ln (which Python's decimal rounds correctly) lose at most some 45 of the 100 digits to cancellation within
the ranges that events allow; `raised` then adds a part in 10^40, which is more than what round-off can have taken and
far below the 1e-12 ρ that costs are counted in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from fractions import Fraction
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

DIGITS = 100
_MARGIN = Decimal("1e-40")


def precise(function: Callable[P, R]) -> Callable[P, R]:
    """Run with `DIGITS` digits, sums, products and quotients rounded up."""

    @wraps(function)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext(Context(prec=DIGITS, rounding=ROUND_CEILING, Emax=MAX_EMAX, Emin=MIN_EMIN)):
            return function(*args, **kwargs)

    return inner


@precise
def decimal_above(value: Fraction) -> Decimal:
    """The least decimal of `DIGITS` digits that is not below: exact where the fraction has no more digits."""
    return Decimal(value.numerator) / Decimal(value.denominator)


def raised(value: Decimal) -> Decimal:
    """A bound from above on what `value` ≥ 0 approximates to 40 digits. In a `precise` function only."""
    return value * (1 + _MARGIN)


def float_above(value: Decimal) -> float:
    """The least float that is not below."""
    nearest = float(value)
    return nearest if Decimal(nearest) >= value else math.nextafter(nearest, math.inf)


def integer_above(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_CEILING))


def integer_below(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_FLOOR))
