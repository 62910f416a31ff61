"""The parts of the bench of operators come together in one report."""

from __future__ import annotations

from ops.bench.contract import Findings, Row
from ops.bench.operators.bench import PARTS, together


def row(work: str) -> Row:
    return Row(work, 1.0, 2.0, "a peer", "s", 2.0, 1.0, True)


def test_rows_stay_in_order_and_a_shared_note_is_told_once() -> None:
    found = [Findings((row("a"), row("b")), ("one thread", "warm")), Findings((row("c"),), ("one thread",))]
    assert together(found) == Findings((row("a"), row("b"), row("c")), ("one thread", "warm"))


def test_every_part_can_be_called() -> None:
    assert PARTS
    assert all(callable(part) for part in PARTS)
