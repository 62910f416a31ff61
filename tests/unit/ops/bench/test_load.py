"""What is measured comes out as a rate and percentiles."""

from __future__ import annotations

import pytest

from ops.bench.load import Load, measured


def test_percentiles_are_those_of_the_calls() -> None:
    found = measured(101, 2.0, [float(value) for value in range(101)])
    assert (found.calls, found.per_second, found.p50_ms) == (101, 50.5, 50.0)
    assert found.p99_ms == pytest.approx(99.0)


def test_in_flight_counts_all_connections() -> None:
    assert Load(b"", 0, connections=8, streams=8, seconds=1.0).in_flight == 64
