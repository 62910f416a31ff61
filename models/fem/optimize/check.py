"""What the arrays alone of a design or identification show to be wrong. Light: NumPy only.

Each function raises the first `Refusal` that it finds.
"""

from __future__ import annotations

import numpy as np

from models.base import Array, Refusal
from models.fem.check import check_pair, check_range, check_unique


def check_between(name: str, value: float, lowest: float, highest: float) -> None:
    """Raises `Refusal` OUT_OF_RANGE."""
    if not lowest <= value <= highest:
        details = {"value": str(value), "lowest": str(lowest), "highest": str(highest)}
        raise Refusal("OUT_OF_RANGE", f"is {value}; send {lowest} to {highest}", name, details)


def check_components(kind: str, points: Array | None, axes: Array | None, values: Array | None, dimension: int) -> None:
    """Values at components of points, each once. Raises `Refusal` MISSING_TENSOR, OUT_OF_RANGE or DUPLICATE."""
    check_pair(f"{kind}_points", points, f"{kind}_axes", axes)
    check_pair(f"{kind}_points", points, f"{kind}_values", values)
    if points is not None and axes is not None:
        check_range(f"{kind}_axes", axes, dimension, "axes")
        check_unique(f"{kind}_points", points * dimension + axes)


def check_passive(solid: Array | None, void: Array | None, cell_count: int) -> None:
    """Raises `Refusal` OUT_OF_RANGE or DUPLICATE."""
    given = [(name, cells) for name, cells in (("solid_cells", solid), ("void_cells", void)) if cells is not None]
    for name, cells in given:
        check_range(name, cells, cell_count, "cells")
        check_unique(name, cells)
    if solid is not None and void is not None and np.isin(void, solid).any():
        at = int(np.argmax(np.isin(void, solid)))
        cell = str(void[at])
        message = f"is cell {cell}, which is also in solid_cells; send it in one of them"
        raise Refusal("DUPLICATE", message, f"void_cells[{at}]", {"cell": cell})


def check_fractions(name: str, values: Array) -> None:
    """Raises `Refusal` OUT_OF_RANGE."""
    wrong = ~((values >= 0) & (values <= 1))
    if wrong.any():
        at = int(np.argmax(wrong))
        value = str(values[at])
        raise Refusal("OUT_OF_RANGE", f"is {value}; send 0 to 1", f"{name}[{at}]", {"value": value})


def check_cell_count(count: int, limit: int, field: str) -> None:
    """Raises `Refusal` OUT_OF_RANGE."""
    if count > limit:
        details = {"cells": str(count), "limit": str(limit)}
        message = f"makes {count} cells; send at most {limit} of this kind to search over"
        raise Refusal("OUT_OF_RANGE", message, field, details)
