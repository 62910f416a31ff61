"""The bench of neural operators: its parts, each a file of this folder, one after the other.

A new part is a module with `measure(asked: Run) -> Findings` and a line in `PARTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ops.bench.contract import Findings, Run
from ops.bench.operators import acquisition, cascade, darcy, forward, neighbours, served, uncertainty, zero_shot

Part = Callable[[Run], Findings]

PARTS: tuple[Part, ...] = (
    forward.measure,
    zero_shot.measure,
    neighbours.measure,
    darcy.measure,
    uncertainty.measure,
    acquisition.measure,
    cascade.measure,
    served.measure,
)


def measure(asked: Run) -> Findings:
    return together([part(asked) for part in PARTS])


def together(found: Sequence[Findings]) -> Findings:
    """All rows and all notes, in order; a note that two parts have in common is told once."""
    rows = tuple(row for each in found for row in each.rows)
    notes = dict.fromkeys(note for each in found for note in each.notes)
    return Findings(rows, tuple(notes))
