"""Coefficients that are constant on cells: one value, or one per cell. Light: NumPy only."""

from __future__ import annotations

import numpy as np

from models.base import Array, Refusal
from models.fem.check import check_positive, check_size


def check_cellwise(name: str, values: Array | None, cell_count: int, symbol: str) -> None:
    """Raises `Refusal` WRONG_SIZE or NOT_POSITIVE."""
    if values is None:
        return
    check_size(name, values, (1, cell_count), "one value, or one per cell")
    check_positive(name, values, f"{symbol} > 0")


def check_not_negative(name: str, values: Array | None, cell_count: int, symbol: str) -> None:
    """Raises `Refusal` WRONG_SIZE or OUT_OF_RANGE."""
    if values is None:
        return
    check_size(name, values, (1, cell_count), "one value, or one per cell")
    if (values < 0).any():
        at = int(np.argmax(values < 0))
        value = str(values[at])
        raise Refusal("OUT_OF_RANGE", f"is {value}; send {symbol} >= 0", f"{name}[{at}]", {"value": value})


def on_cells(values: Array | None, cell_count: int, default: float = 0.0) -> Array:
    """(cells, 1), which broadcasts to quadrature points."""
    given = np.array([default]) if values is None else values
    return np.ascontiguousarray(np.broadcast_to(given, (cell_count,)))[:, None]
