"""The router bench: one and the same ModelInfer of the identity, sent to Faraday and to its peers by one generator.

In each round every server is started, left to settle, measured and stopped before the next: an idle Ray cluster takes a
tenth of a core, and on a machine with two that would be somebody's figure. A round begins with another server than the
one before, so that none always follows the same one. What is compared are medians over the rounds.

Ours answers with authentication, rate limit and metrics on, as `faraday up` leaves it. The peers have none of these.
"""

from __future__ import annotations

import resource
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tritonclient.utils import InferenceServerException

from ops.bench import h2load, identity, machine
from ops.bench.contract import BenchFailed, Better, Findings, Row, Run, compare
from ops.bench.grpc_load import GrpcLoad
from ops.bench.load import Address, Generator, Load
from ops.bench.processes import Server
from ops.bench.router_targets import ECHO, HANDLE, OURS, SERVE, SERVE_BEST, Target, ready

KIB, MIB = 1 << 10, 1 << 20
TARGETS = (SERVE, SERVE_BEST, HANDLE, OURS, ECHO)


@dataclass(frozen=True)
class Work:
    name: str
    size: int  # bytes of tensor, there and back
    connections: int
    streams: int
    seconds: float
    warm_up_s: float

    def load(self, seconds: float) -> Load:
        return Load(identity.message(self.size), self.size, self.connections, self.streams, seconds)


MANY = Work("1 KiB, 64 in flight", KIB, connections=8, streams=8, seconds=4.0, warm_up_s=2.0)
ALONE = Work("1 KiB, one at a time", KIB, connections=1, streams=1, seconds=3.0, warm_up_s=0.5)
LARGE = Work("1 MiB, 4 in flight", MIB, connections=4, streams=1, seconds=3.0, warm_up_s=0.5)
HUGE = Work("16 MiB, 4 in flight", 16 * MIB, connections=4, streams=1, seconds=4.0, warm_up_s=1.0)
WORKS = (MANY, ALONE, LARGE, HUGE)


@dataclass(frozen=True)
class Figures:
    """One target at one work in one round."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float  # of all the server's processes, for one call
    others_cores: float  # taken meanwhile by what has nothing to do with it


Found = Mapping[tuple[Target, Work], Sequence[Figures]]


def measure(run: Run) -> Findings:
    generator: Generator = h2load.H2load() if h2load.installed() else GrpcLoad()
    found: dict[tuple[Target, Work], list[Figures]] = defaultdict(list)
    for number in range(run.rounds):
        first = number % len(TARGETS)
        for target in TARGETS[first:] + TARGETS[:first]:
            run.say(f"round {number + 1} of {run.rounds}: {target.name}")
            for work, figures in measure_target(target, generator).items():
                found[target, work].append(figures)
                run.say(f"  {work.name}: {figures.per_second:.0f}/s, p50 {figures.p50_ms:.2f} ms")
    others = [figures.others_cores for every in found.values() for figures in every]
    notes = (
        generator.note,
        f"medians of {run.rounds} rounds; one replica; servers and generator on one machine",
        f"other processes took {median(others):.2f} cores meanwhile, and {max(others):.2f} at the worst",
    )
    return Findings(rows(found), notes)


def rows(found: Found) -> tuple[Row, ...]:
    """The comparisons, and what each has to reach."""

    def throughput(work: Work, peer: Target, reach: float | None) -> Row:
        return _row(found, work, "per_second", "calls/s", Better.MORE, peer, reach)

    return (
        throughput(MANY, SERVE, 8.0),
        throughput(MANY, SERVE_BEST, 1.8),
        throughput(MANY, ECHO, 0.6),
        throughput(MANY, HANDLE, None),
        _row(found, ALONE, "p50_ms", "ms, p50", Better.LESS, ECHO, 0.5),
        *(_row(found, ALONE, "p50_ms", "ms, p50", Better.LESS, peer, None) for peer in (SERVE, SERVE_BEST, HANDLE)),
        *(_row(found, ALONE, "p99_ms", "ms, p99", Better.LESS, peer, None) for peer in TARGETS if peer is not OURS),
        *(
            _row(found, MANY, "cpu_us", "µs of CPU/call", Better.LESS, peer, None)
            for peer in TARGETS
            if peer is not OURS
        ),
        throughput(LARGE, SERVE, 2.0),
        *(throughput(LARGE, peer, None) for peer in (SERVE_BEST, HANDLE, ECHO)),
        *(throughput(HUGE, peer, None) for peer in TARGETS if peer is not OURS),
    )


def _row(found: Found, work: Work, figure: str, unit: str, better: Better, peer: Target, reach: float | None) -> Row:
    ours = [getattr(figures, figure) for figures in found[OURS, work]]
    theirs = [getattr(figures, figure) for figures in found[peer, work]]
    return compare(work.name, ours, theirs, peer_name=peer.name, unit=unit, better=better, reach=reach)


def measure_target(target: Target, generator: Generator, works: Sequence[Work] = WORKS) -> dict[Work, Figures]:
    """Start it, measure every work between two checks of real answers, stop it."""
    # Not below $TMPDIR: Ray makes unix sockets there, whose paths hold 107 bytes.
    with tempfile.TemporaryDirectory(prefix="fb-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        installed = target.install(Path(folder))
        server = Server(installed.command, Path(folder))
        try:
            address = ready(installed, server)
            server.settle()
            sizes = tuple(work.size for work in works)
            identity.verify(address, sizes)
            figures = {work: _measure_work(work, server, address, generator) for work in works}
            identity.verify(address, sizes)
        except (BenchFailed, InferenceServerException) as error:
            raise BenchFailed(f"{target.name}: {error}\n{server.log_end()}") from error
        finally:
            server.stop()
    return figures


def _measure_work(work: Work, server: Server, address: Address, generator: Generator) -> Figures:
    generator.run(address, work.load(work.warm_up_s))
    before, busy_before, generator_before = server.cpu_s(), machine.busy_s(), _children_s()
    measured = generator.run(address, work.load(work.seconds))
    server_s, busy_s = server.cpu_s() - before, machine.busy_s() - busy_before
    others_s = max(0.0, busy_s - server_s - (_children_s() - generator_before))
    return Figures(
        per_second=measured.per_second,
        p50_ms=measured.p50_ms,
        p99_ms=measured.p99_ms,
        cpu_us=server_s / measured.calls * 1e6,
        others_cores=others_s / work.seconds,
    )


def _children_s() -> float:
    """CPU seconds of the processes that we started and waited for: the generators."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
