"""Every bench of the catalogue can be loaded under its own name."""

from __future__ import annotations

import pytest

from ops.bench.catalog import BENCHES, Bench


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_has_its_name_a_summary_and_a_function(name: str) -> None:
    bench = BENCHES[name]
    assert bench.name == name
    assert bench.summary
    assert callable(bench.load())


def test_the_router_bench_is_there() -> None:
    assert isinstance(BENCHES["router"], Bench)
