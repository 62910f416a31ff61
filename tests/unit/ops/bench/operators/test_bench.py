"""The parts of the bench of operators come together in one report."""

from __future__ import annotations

import importlib
import pkgutil

from ops.bench import operators
from ops.bench.contract import Findings, Row
from ops.bench.operators import bench
from ops.bench.operators.bench import PARTS, together


def row(work: str) -> Row:
    return Row(work, 1.0, 2.0, "a peer", "s", 2.0, 1.0, True)


def test_rows_stay_in_order_and_a_shared_note_is_told_once() -> None:
    found = [Findings((row("a"), row("b")), ("one thread", "warm")), Findings((row("c"),), ("one thread",))]
    assert together(found) == Findings((row("a"), row("b"), row("c")), ("one thread", "warm"))


def test_every_file_that_measures_is_a_part() -> None:
    names = {f"{operators.__name__}.{module.name}" for module in pkgutil.iter_modules(operators.__path__)}
    modules = [importlib.import_module(name) for name in names - {bench.__name__}]
    measuring = [module.measure for module in modules if hasattr(module, "measure")]
    assert len(measuring) == len(PARTS) and set(measuring) == set(PARTS)
