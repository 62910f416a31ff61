"""Vectors of amounts, one for each order, that are shown and never gated on.

An adversary who adapts can overspend a gate that asks only for some order with budget left; see DESIGN.md.
"""

from __future__ import annotations

from router.ledgers.amounts import MAX_ODOMETER


def added(total: tuple[int, ...], amounts: tuple[int, ...]) -> tuple[int, ...]:
    """Place by place, stopping at `MAX_ODOMETER`."""
    return tuple([min(a + b, MAX_ODOMETER) for a, b in zip(total, amounts, strict=True)])


def taken(total: tuple[int, ...], amounts: tuple[int, ...]) -> tuple[int, ...]:
    """The reverse; a place that has stopped stays, for nobody knows by how much it was passed."""
    return tuple([a if a == MAX_ODOMETER else a - b for a, b in zip(total, amounts, strict=True)])
