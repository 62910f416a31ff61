"""The tally counts calls by what became of them, and findings by their kind."""

from __future__ import annotations

from ops.chaos.ledger.hearsay import Call
from ops.chaos.ledger.invariants import Broken, Finding
from ops.chaos.ledger.tally import Tally


def test_calls_are_counted_by_what_became_of_them() -> None:
    tally = Tally()
    tally.add([Call("1", "r", (), granted=True, left="a", actual=0), Call("2", "r", (), repeated="a")])
    tally.add(
        [Call("3", "r", (), denied="BudgetSpent"), Call("4", "r", ()), Call("5", "r", (), granted=True, voiding=True)]
    )
    counted = (tally.calls, tally.granted, tally.left, tally.settled, tally.repeated, tally.denied, tally.cut_off)
    assert counted == (5, 2, 1, 1, 1, 1, 2)
    assert tally.ok


def test_all_findings_are_counted_and_the_first_are_shown() -> None:
    tally = Tally()
    for number in range(30):
        tally.find(Finding(Broken.UNPAID, f"{number}"), "trial 1")
    tally.find(Finding(Broken.TWICE, "again"), "trial 1")
    assert tally.broken == {"UNPAID": 30, "TWICE": 1}
    assert tally.findings[0] == "trial 1: UNPAID 0" and len(tally.findings) == 20
    assert not tally.ok
