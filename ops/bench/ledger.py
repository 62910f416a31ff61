"""The ledger bench: requests paid per second, beside ledgers with a transaction for every operation.

A request is reserve, release and settle; ours waits for the first two, each durable, and settles lazily as its contract
allows. The disk is `slow_disk`, the same for all: what a flush takes decides, and differs between machines by 20 times.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ops.bench import charged, machine
from ops.bench.contract import Better, Findings, Row, Run, compare
from ops.bench.ledger_contenders import (
    BATCHES,
    CLOUD_S,
    CONTENDERS,
    LEASES,
    LOCKS,
    NAIVE,
    NAIVE_FAST,
    NAIVE_MERGED,
    NAIVE_MERGED_FAST,
    OURS_16,
    OURS_256,
    OURS_FAST,
    Contender,
)
from ops.bench.slow_disk import run_on_slow_disk

_SECONDS = 3.0
_TIMEOUT_S = 60.0
_PROMISED_PER_S = 10_000.0


@dataclass(frozen=True)
class Figures:
    per_second: float
    flush_s: float  # as measured
    others_cores: float = 0.0  # taken meanwhile by what has nothing to do with it


@dataclass(frozen=True)
class Answer:
    """Medians of answers that are asked for one after another, in seconds, and of a flush meanwhile."""

    uncharged_s: float
    charged_s: float
    flush_s: float


Found = Mapping[Contender, Sequence[Figures]]


def measure(run: Run) -> Findings:
    found: dict[Contender, list[Figures]] = defaultdict(list)
    answers: list[Answer] = []
    for number in range(run.rounds):
        run.say(f"round {number + 1} of {run.rounds}")
        first = number % len(CONTENDERS)
        for contender in CONTENDERS[first:] + CONTENDERS[:first]:
            figures = measure_contender(contender, _SECONDS)
            found[contender].append(figures)
            run.say(
                f"  {contender.name}: {figures.per_second:.0f} requests/s, a flush takes {figures.flush_s * 1e3:.2f} ms"
            )
        answer = measure_answer(_SECONDS)
        answers.append(answer)
        run.say(
            f"  an answer takes {answer.uncharged_s * 1e3:.2f} ms, paid for {answer.charged_s * 1e3:.2f} ms, "
            f"a flush {answer.flush_s * 1e3:.2f} ms"
        )
    others = [figures.others_cores for every in found.values() for figures in every]
    notes = (
        f"medians of {run.rounds} rounds of {_SECONDS:g} s; a request is reserve, release and settle",
        "the naive ledger's transactions follow one another: it is the same for any number of clients",
        f"other processes took {median(others):.2f} cores meanwhile, and {max(others):.2f} at the worst",
        *(
            f"{contender.name}: a flush of {contender.flush_s * 1e3:g} ms took "
            f"{median(figures.flush_s for figures in found[contender]) * 1e3:.2f} ms"
            for contender in CONTENDERS
        ),
    )
    return Findings((*rows(found), answer_row(answers)), notes)


def rows(found: Found) -> tuple[Row, ...]:
    """The comparisons, and what each has to reach."""
    per_second = {contender: [each.per_second for each in figures] for contender, figures in found.items()}

    def row(work: str, ours: Contender, peer: Contender, reach: float | None) -> Row:
        return _row(work, per_second[ours], per_second[peer], peer.name, reach)

    few, many, fast, hot = "2 ms, 16 clients", "2 ms, 256 clients", "0.1 ms, 64 clients", "2 ms, one hot account"
    return (
        row(f"group commit, {few}", OURS_16, NAIVE, 15.0),
        row(f"group commit, {few}", OURS_16, NAIVE_MERGED, None),
        row(f"group commit, {many}", OURS_256, NAIVE, 30.0),
        row(f"group commit, {many}", OURS_256, NAIVE_MERGED, None),
        _row(f"group commit, {fast}", per_second[OURS_FAST], [_PROMISED_PER_S], "what was promised", 1.0),
        row(f"group commit, {fast}", OURS_FAST, NAIVE_FAST, None),
        row(f"group commit, {fast}", OURS_FAST, NAIVE_MERGED_FAST, None),
        row(f"leases, {hot}", LEASES, LOCKS, 10.0),
        row(f"batches, {hot}", BATCHES, LOCKS, None),
    )


def answer_row(answers: Sequence[Answer]) -> Row:
    """What an answer takes that is paid for, beside one that is not and two flushes."""
    return compare(
        f"an answer beside an inference of {charged.RUN_S * 1e3:g} ms, 2 ms flush",
        [each.charged_s * 1e3 for each in answers],
        [(each.uncharged_s + 2 * each.flush_s) * 1e3 for each in answers],
        peer_name="uncharged, and two flushes",
        unit="ms, p50",
        better=Better.LESS,
        reach=1.0,
    )


def _row(work: str, ours: Sequence[float], peer: Sequence[float], peer_name: str, reach: float | None) -> Row:
    return compare(work, ours, peer, peer_name=peer_name, unit="requests/s", better=Better.MORE, reach=reach)


def measure_answer(seconds: float) -> Answer:
    """Raises BenchFailed."""
    with tempfile.TemporaryDirectory(prefix="faraday-bench-") as folder:
        said = Path(folder) / "said"
        flush_s = run_on_slow_disk(lambda: charged.drive(Path(folder), seconds, said), CLOUD_S, seconds + _TIMEOUT_S)
        did = json.loads(said.read_text())
    return Answer(did["uncharged_s"], did["charged_s"], flush_s)


def measure_contender(contender: Contender, seconds: float) -> Figures:
    """Raises BenchFailed."""
    with tempfile.TemporaryDirectory(prefix="faraday-bench-") as folder:
        said = Path(folder) / "said"
        begun, busy_before, ours_before = time.perf_counter(), machine.busy_s(), _cpu_s()
        flush_s = run_on_slow_disk(
            lambda: contender.drive(Path(folder), seconds, said), contender.flush_s, seconds + _TIMEOUT_S
        )
        others_s = machine.busy_s() - busy_before - (_cpu_s() - ours_before)
        did = json.loads(said.read_text())
    return Figures(
        did["requests"] / did["seconds"], flush_s, others_cores=max(0.0, others_s / (time.perf_counter() - begun))
    )


def _cpu_s() -> float:
    """CPU seconds of this process, and of all that were started and waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
