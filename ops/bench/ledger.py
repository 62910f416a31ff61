"""The ledger bench: requests paid per second, beside a ledger with a transaction for every operation.

A request is reserve, release and settle; ours waits for the first two, each durable, and settles lazily as its contract
allows. The disk is `slow_disk`, the same for all: what a flush takes decides, and differs between machines by 20 times.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ops.bench.contract import Better, Findings, Row, Run, compare
from ops.bench.ledger_load import drive_sqlite
from ops.bench.slow_disk import run_on_slow_disk

_NAIVE = Path(__file__).parent / "peers" / "naive_ledger.py"
_SECONDS = 3.0
_TIMEOUT_S = 60.0
_FAST_S, _CLOUD_S = 0.0001, 0.002  # a flush of a good local disk, and of a cloud's network disk
_PROMISED_PER_S = 10_000.0


@dataclass(frozen=True)
class Contender:
    """One ledger on one disk. `drive` runs it in a folder for a time and writes what it did into a file."""

    name: str
    flush_s: float
    drive: Callable[[Path, float, Path], None]


def _ours(clients: int, flush_s: float) -> Contender:
    return Contender(
        f"ours, {clients} clients", flush_s, lambda folder, seconds, said: drive_sqlite(folder, clients, seconds, said)
    )


def _naive(operations: int, flush_s: float) -> Contender:
    def drive(folder: Path, seconds: float, said: Path) -> None:
        os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT), sys.stdout.fileno())
        os.execv(
            sys.executable, (sys.executable, str(_NAIVE), str(folder / "naive.sqlite"), str(seconds), str(operations))
        )

    return Contender(f"naive, {operations} transactions a request", flush_s, drive)


OURS_16, OURS_256, OURS_FAST = _ours(16, _CLOUD_S), _ours(256, _CLOUD_S), _ours(64, _FAST_S)
NAIVE, NAIVE_MERGED = _naive(3, _CLOUD_S), _naive(2, _CLOUD_S)
NAIVE_FAST, NAIVE_MERGED_FAST = _naive(3, _FAST_S), _naive(2, _FAST_S)
CONTENDERS = (OURS_16, NAIVE, OURS_256, NAIVE_MERGED, OURS_FAST, NAIVE_FAST, NAIVE_MERGED_FAST)


@dataclass(frozen=True)
class Figures:
    per_second: float
    flush_s: float  # as measured


Found = Mapping[Contender, Sequence[Figures]]


def measure(run: Run) -> Findings:
    found: dict[Contender, list[Figures]] = defaultdict(list)
    for number in range(run.rounds):
        run.say(f"round {number + 1} of {run.rounds}")
        first = number % len(CONTENDERS)
        for contender in CONTENDERS[first:] + CONTENDERS[:first]:
            figures = measure_contender(contender, _SECONDS)
            found[contender].append(figures)
            run.say(
                f"  {contender.name}: {figures.per_second:.0f} requests/s, a flush takes {figures.flush_s * 1e3:.2f} ms"
            )
    notes = (
        f"medians of {run.rounds} rounds of {_SECONDS:g} s; a request is reserve, release and settle",
        "the naive ledger's transactions follow one another: it is the same for any number of clients",
        *(
            f"{contender.name}: a flush of {contender.flush_s * 1e3:g} ms took "
            f"{median(figures.flush_s for figures in found[contender]) * 1e3:.2f} ms"
            for contender in CONTENDERS
        ),
    )
    return Findings(rows(found), notes)


def rows(found: Found) -> tuple[Row, ...]:
    """The comparisons, and what each has to reach."""
    per_second = {contender: [each.per_second for each in figures] for contender, figures in found.items()}

    def row(work: str, ours: Contender, peer: Contender, reach: float | None) -> Row:
        return compare(
            work,
            per_second[ours],
            per_second[peer],
            peer_name=peer.name,
            unit="requests/s",
            better=Better.MORE,
            reach=reach,
        )

    few, many, fast = "2 ms flush, 16 clients", "2 ms flush, 256 clients", "0.1 ms flush, 64 clients"
    return (
        row(few, OURS_16, NAIVE, 15.0),
        row(few, OURS_16, NAIVE_MERGED, None),
        row(many, OURS_256, NAIVE, 30.0),
        row(many, OURS_256, NAIVE_MERGED, None),
        compare(
            fast,
            per_second[OURS_FAST],
            [_PROMISED_PER_S],
            peer_name="what was promised",
            unit="requests/s",
            better=Better.MORE,
            reach=1.0,
        ),
        row(fast, OURS_FAST, NAIVE_FAST, None),
        row(fast, OURS_FAST, NAIVE_MERGED_FAST, None),
    )


def measure_contender(contender: Contender, seconds: float) -> Figures:
    """Raises BenchFailed."""
    with tempfile.TemporaryDirectory(prefix="faraday-bench-") as folder:
        said = Path(folder) / "said"
        flush_s = run_on_slow_disk(
            lambda: contender.drive(Path(folder), seconds, said), contender.flush_s, seconds + _TIMEOUT_S
        )
        did = json.loads(said.read_text())
    return Figures(did["requests"] / did["seconds"], flush_s)
