"""The bench of a start: how long until the first answer, and what the installation then holds in memory, doing nothing.

Ours is `faraday up` as a user has it, with its dashboard and every model of the catalogue; beside it a Ray Serve
application of the one identity. Both are held against what is wanted of ours. In each round both start from nothing.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ops.bench.contract import Better, Findings, Row, Run, compare
from ops.bench.processes import Server
from ops.bench.router_targets import OURS_WHOLE, SERVE, Target, ready

MIB = 1 << 20
WANTED_S, WANTED_MIB = 40.0, 2048.0  # on two cores
TARGETS = (OURS_WHOLE, SERVE)


@dataclass(frozen=True)
class Figures:
    """One start."""

    ready_s: float
    resident_mib: float  # proportional set size of all its processes, some seconds later


Found = dict[Target, list[Figures]]


def measure(run: Run) -> Findings:
    found: Found = defaultdict(list)
    for number in range(run.rounds):
        for target in TARGETS if number % 2 == 0 else reversed(TARGETS):
            run.say(f"round {number + 1} of {run.rounds}: {target.name}")
            figures = measure_target(target)
            found[target].append(figures)
            run.say(f"  ready after {figures.ready_s:.1f} s, {figures.resident_mib:.0f} MiB")
    return Findings(rows(found), (f"medians of {run.rounds} starts from nothing, the dashboard of ours included",))


def rows(found: Found) -> tuple[Row, ...]:
    return (
        _row(found, "ready_s", "s until the first answer", WANTED_S),
        _beside(found, "ready_s", "s until the first answer"),
        _row(found, "resident_mib", "MiB, idle", WANTED_MIB),
        _beside(found, "resident_mib", "MiB, idle"),
    )


def measure_target(target: Target) -> Figures:
    # Not below $TMPDIR: Ray makes unix sockets there, whose paths hold 107 bytes.
    with tempfile.TemporaryDirectory(prefix="fb-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        installed = target.install(Path(folder))
        began = time.monotonic()
        server = Server(installed.command, Path(folder))
        try:
            ready(installed, server)
            ready_s = time.monotonic() - began
            server.settle()
            return Figures(ready_s, server.resident_bytes() / MIB)
        finally:
            server.stop()


Figure = Literal["ready_s", "resident_mib"]


def _row(found: Found, figure: Figure, unit: str, wanted: float) -> Row:
    ours = _of(found, OURS_WHOLE, figure)
    return compare("start", ours, [wanted], peer_name="what is wanted", unit=unit, better=Better.LESS, reach=1.0)


def _beside(found: Found, figure: Figure, unit: str) -> Row:
    ours, theirs = _of(found, OURS_WHOLE, figure), _of(found, SERVE, figure)
    return compare("start", ours, theirs, peer_name=SERVE.name, unit=unit, better=Better.LESS)


def _of(found: Found, target: Target, figure: Figure) -> Sequence[float]:
    return [getattr(figures, figure) for figures in found[target]]
