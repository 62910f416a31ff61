"""What a bench says: rows that compare ours with a peer, and what each has to reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from statistics import median

from ops.bench.machine import Machine


class Better(Enum):
    """Which way a figure is good."""

    MORE = "more"
    LESS = "less"


@dataclass(frozen=True)
class Row:
    """One comparison. `ratio` is how many times better ours is, whichever way the figure is good."""

    work: str
    ours: float
    peer: float
    peer_name: str
    unit: str
    ratio: float
    reach: float | None  # the least ratio that is good enough; None where the row only informs
    ok: bool
    difference: float | None = None  # of the two answers, relative; None where the bench compares them otherwise
    note: str = ""  # why a row is not ok, where its ratio does not say so


@dataclass(frozen=True)
class Report:
    bench: str
    machine: Machine
    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        return all(row.ok for row in self.rows)


@dataclass(frozen=True)
class Run:
    """What the one who runs a bench asks for. `say` takes a line about what is being done."""

    rounds: int
    say: Callable[[str], None]


@dataclass(frozen=True)
class Findings:
    """What a bench found; `notes` is what one must know of how it was measured."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = field(default=())


class BenchFailed(Exception):
    """Nothing was found: the message says what went wrong and what to do."""


def compare(
    work: str,
    ours: Sequence[float],
    peer: Sequence[float],
    *,
    peer_name: str,
    unit: str,
    better: Better,
    reach: float | None = None,
) -> Row:
    """The medians of the rounds side by side. Raises BenchFailed where one of them is not above 0."""
    mine, other = median(ours), median(peer)
    if not (mine > 0 and other > 0):
        raise BenchFailed(
            f"{work}, against {peer_name}: measured {mine:g} and {other:g} {unit}, which compares to nothing"
        )
    ratio = mine / other if better is Better.MORE else other / mine
    return Row(work, mine, other, peer_name, unit, ratio, reach, reach is None or ratio >= reach)


def missing(work: str, ours: Sequence[float], *, peer_name: str, unit: str, reach: float | None, why: str) -> Row:
    """Ours without the peer that it should be held against: never ok, where something had to be reached."""
    return Row(work, median(ours), 0.0, peer_name, unit, 0.0, reach, reach is None, note=why)


def same_answer(row: Row, difference: float, limit: float) -> Row:
    """The row with the relative difference of the two answers: beyond the limit nothing was compared."""
    if difference <= limit:
        return replace(row, difference=difference)
    why = f"the answers differ by {difference:.1e}, which may be {limit:.0e}"
    return replace(row, difference=difference, ok=False, note=why)
