"""The served call: ours answers without Ray, and a Tesseract that is not there is said to be missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.bench.fem import served
from ops.bench.fem.programs import PeerMissing


def test_each_size_is_compared_and_six_times_are_asked_for() -> None:
    ours = {size: [1.0] for size in served.SIZES}
    few, many = served.rows(ours, dict(zip(served.SIZES, ([5.0], [7.0]), strict=True)))
    assert (few.ratio, few.reach, few.ok) == (5.0, 6.0, False)
    assert (many.ratio, many.ok) == (7.0, True)


def test_a_missing_tesseract_is_named_in_every_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(served, "TESSERACT_PYTHON", tmp_path / "python")
    with pytest.raises(PeerMissing, match="make bench-env") as why:
        served.measure_tesseract(1)
    for row in served.rows({size: [1.0] for size in served.SIZES}, why.value):
        assert not row.ok and "make bench-env" in row.note


@pytest.mark.bench
def test_ours_is_served_without_ray() -> None:
    found = served.measure_ours(1)
    assert {size: len(took) for size, took in found.items()} == dict.fromkeys(served.SIZES, 1)
