"""A row says how many times better ours is, whichever way the figure is good."""

from __future__ import annotations

import pytest

from ops.bench.contract import BenchFailed, Better, Report, Row, compare
from ops.bench.machine import describe


def row(ours: list[float], peer: list[float], better: Better, reach: float | None = None) -> Row:
    return compare("work", ours, peer, peer_name="peer", unit="unit", better=better, reach=reach)


def test_a_throughput_that_is_twice_the_peers_has_ratio_two() -> None:
    assert row([200.0], [100.0], Better.MORE).ratio == 2.0


def test_a_latency_that_is_half_the_peers_has_ratio_two() -> None:
    assert row([1.0], [2.0], Better.LESS).ratio == 2.0


def test_rounds_are_compared_by_their_medians() -> None:
    found = row([1.0, 900.0, 3.0], [1.0, 2.0], Better.MORE)
    assert (found.ours, found.peer, found.ratio) == (3.0, 1.5, 2.0)


@pytest.mark.parametrize(("reach", "ok"), [(1.99, True), (2.0, True), (2.01, False), (None, True)])
def test_a_row_is_ok_from_its_reach_on_and_always_without_one(reach: float | None, ok: bool) -> None:
    assert row([2.0], [1.0], Better.MORE, reach).ok is ok


@pytest.mark.parametrize("nothing", [0.0, float("nan")])
def test_a_figure_that_is_nothing_compares_to_nothing(nothing: float) -> None:
    with pytest.raises(BenchFailed, match="work, against peer"):
        row([nothing], [1.0], Better.MORE)
    with pytest.raises(BenchFailed):
        row([1.0], [nothing], Better.LESS)


def test_a_report_is_ok_only_where_every_row_is() -> None:
    good, bad = row([2.0], [1.0], Better.MORE, 1.0), row([2.0], [1.0], Better.MORE, 3.0)
    machine = describe()
    assert Report("b", machine, (good,)).ok
    assert not Report("b", machine, (good, bad)).ok
