"""Continuation: from a problem that is solved to one that is not, by way of those between.

A share s of the way is tried from the last that converged: half as far after a failure, twice as far after a success
(Allgower & Georg 2003, section 6.1, without a predictor).
"""

from __future__ import annotations

from collections.abc import Callable

from models.base import Array

Attempt = Callable[[Array, float], Array | None]  # from a start, at a share; None where it does not converge


def continued(attempt: Attempt, start: Array, longest: float, shortest: float) -> tuple[Array, float]:
    """The last solution and its share, 1 where all went well; 0 with the start where nothing did.

    `longest` and `shortest` are advances of the share: the first, and that below which it is given up.
    """
    x, reached, advance = start, 0.0, longest
    while reached < 1 and advance >= shortest:
        share = reached + advance
        if share > 1 - shortest:
            share = 1.0
        found = attempt(x, share)
        if found is None:
            advance /= 2
        else:
            x, reached, advance = found, share, min(2 * advance, longest)
    return x, reached
