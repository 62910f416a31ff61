"""What a bench says: rows that compare ours with a peer, and what each has to reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
