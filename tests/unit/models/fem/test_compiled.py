from __future__ import annotations

import math

from models.fem.compiled import compiled

HALF = "def half(x): return x / 2"


def quotient(x: float, y: float) -> float:
    return x / y


def test_division_by_zero_is_infinite_as_in_numpy() -> None:
    assert compiled(quotient)(1.0, 0.0) == math.inf
    assert math.isnan(compiled(quotient)(0.0, 0.0))


def test_a_function_that_cannot_be_kept_on_disk_is_compiled_even_so() -> None:
    """One that has no file, as in an installation whose folders cannot be written."""
    names: dict[str, object] = {}
    exec(HALF, names)
    assert compiled(names["half"])(3.0) == 1.5
