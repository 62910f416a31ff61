"""The report's JSON has exactly the promised shape, and its table the same rows."""

from __future__ import annotations

import json

from ops.bench import report
from ops.bench.contract import Report, Row
from ops.bench.machine import Machine

MACHINE = Machine(
    cpu="A CPU",
    cores=2,
    load_average=(0.5, 0.25, 0.0),
    memory_mib=1024,
    kernel="Linux 6",
    python="3.11.7",
    versions={"ray": "2.60.0"},
    notes=("a note",),
)
ROWS = (
    Row("64 in flight", 4000.0, 2000.0, "Serve", "calls/s", 2.0, 1.8, True),
    Row("alone", 0.5, 0.2, "echo", "ms", 0.4, 0.5, False),
    Row("CPU", 300.0, 150.0, "echo", "µs", 0.5, None, True),
)


def test_json_has_the_shape_of_every_benchmark_of_the_project() -> None:
    said = json.loads(report.as_json(Report("router", MACHINE, ROWS)))
    assert list(said) == ["bench", "machine", "rows"]
    assert said["rows"][0] == {
        "work": "64 in flight",
        "ours": 4000.0,
        "peer": 2000.0,
        "peer_name": "Serve",
        "unit": "calls/s",
        "ratio": 2.0,
        "reach": 1.8,
        "ok": True,
        "difference": None,
        "note": "",
    }
    assert said["rows"][2]["reach"] is None
    assert said["machine"]["load_average"] == [0.5, 0.25, 0.0]
    assert said["machine"]["notes"] == ["a note"]


def test_the_table_marks_what_was_missed_and_passes_no_verdict_where_nothing_was_wanted() -> None:
    *_, reached, missed, informs = report.as_table(Report("router", MACHINE, ROWS)).splitlines()
    assert reached.split() == ["64", "in", "flight", "4,000", "2,000", "calls/s", "2.00", "1.8", "ok", "Serve"]
    assert missed.split() == ["alone", "0.5", "0.2", "ms", "0.40", "0.5", "MISSED", "echo"]
    assert informs.split() == ["CPU", "300", "150", "µs", "0.50", "echo"]


def test_the_table_says_on_what_and_how_it_was_measured() -> None:
    table = report.as_table(Report("router", MACHINE, ROWS))
    assert "A CPU" in table and "ray 2.60.0" in table and "a note" in table and "0.50, 0.25, 0.00" in table
