"""How a report is printed: JSON for programs, a table for people."""

from __future__ import annotations

import json
from dataclasses import asdict

from ops.bench.contract import Report, Row

_HEAD = ("work", "ours", "peer", "unit", "ratio", "reach", "", "against")
_LEFT = {0, 3, 6, 7}  # columns of words; the rest are numbers


def as_json(report: Report) -> str:
    return json.dumps(asdict(report), indent=1, allow_nan=False)


def as_table(report: Report) -> str:
    """Aligned columns below a line about the machine."""
    machine = report.machine
    load = ", ".join(f"{value:.2f}" for value in machine.load_average)
    versions = ", ".join(f"{name} {number}" for name, number in machine.versions.items())
    lines = [
        f"{report.bench}: {machine.cores} cores of {machine.cpu}, {machine.memory_mib} MiB, {machine.kernel}",
        f"load average {load} before; Python {machine.python}, {versions}",
        *machine.notes,
        "",
        *_aligned([_HEAD, *map(_cells, report.rows)]),
    ]
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    reach = "" if row.reach is None else f"{row.reach:g}"
    verdict = "" if row.reach is None else "ok" if row.ok else "MISSED"
    same = "" if row.difference is None else f"differs by {row.difference:.0e}"
    against = "; ".join(filter(None, (row.peer_name, row.note or same)))
    return (row.work, _short(row.ours), _short(row.peer), row.unit, f"{row.ratio:.2f}", reach, verdict, against)


def _short(figure: float) -> str:
    """Three digits: a bench on a shared machine knows no more."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def _aligned(table: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if number in _LEFT else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in table
    ]
