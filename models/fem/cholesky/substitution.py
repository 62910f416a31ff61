"""L Lᵀ x = b, for one right-hand side and for many, which pass the factor's panels once."""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.compiled import compiled_reordered


@compiled_reordered
def substitute(x: Array, values: Array, firsts: Array, row_starts: Array, rows: Array, panel_starts: Array) -> None:
    """In place on x (n,), in the order of elimination; for the other arguments see `symbolic.Symbolic`."""
    supernodes = len(firsts) - 1
    room = np.empty(len(x))
    for s in range(supernodes):
        width, height = firsts[s + 1] - firsts[s], row_starts[s + 1] - row_starts[s]
        panel, own = values[panel_starts[s] : panel_starts[s + 1]], x[firsts[s] : firsts[s + 1]]
        below = rows[row_starts[s] + width : row_starts[s + 1]]
        total = room[: len(below)]
        total[:] = 0.0
        for j in range(width):
            column = panel[j * height : (j + 1) * height]
            value = own[j] / column[j]
            own[j] = value
            for i in range(j + 1, width):
                own[i] -= value * column[i]
            tail = column[width:]
            for i in range(len(below)):
                total[i] += value * tail[i]
        for i in range(len(below)):
            x[below[i]] -= total[i]
    for s in range(supernodes - 1, -1, -1):
        width, height = firsts[s + 1] - firsts[s], row_starts[s + 1] - row_starts[s]
        panel, own = values[panel_starts[s] : panel_starts[s + 1]], x[firsts[s] : firsts[s + 1]]
        below = rows[row_starts[s] + width : row_starts[s + 1]]
        known = room[: len(below)]
        for i in range(len(below)):
            known[i] = x[below[i]]
        for j in range(width - 1, -1, -1):
            column = panel[j * height : (j + 1) * height]
            value, tail = own[j], column[width:]
            for i in range(len(below)):
                value -= tail[i] * known[i]
            for i in range(j + 1, width):
                value -= column[i] * own[i]
            own[j] = value / column[j]


@compiled_reordered
def substitute_all(x: Array, values: Array, firsts: Array, row_starts: Array, rows: Array, panel_starts: Array) -> None:
    """The same on x (n, columns), C-contiguous."""
    supernodes, columns = len(firsts) - 1, x.shape[1]
    for s in range(supernodes):
        begin, width = firsts[s], firsts[s + 1] - firsts[s]
        height = row_starts[s + 1] - row_starts[s]
        panel, own = values[panel_starts[s] : panel_starts[s + 1]], x[begin : begin + width]
        below = rows[row_starts[s] : row_starts[s + 1]]
        for j in range(width):
            known, inverse = own[j], 1.0 / panel[j * height + j]
            for c in range(columns):
                known[c] *= inverse
            for i in range(j + 1, width):
                subtract(own[i], panel[j * height + i], known)
        for i in range(width, height):
            subtract_rows(x[below[i]], panel, i, height, own)
    for s in range(supernodes - 1, -1, -1):
        begin, width = firsts[s], firsts[s + 1] - firsts[s]
        height = row_starts[s + 1] - row_starts[s]
        panel, own = values[panel_starts[s] : panel_starts[s + 1]], x[begin : begin + width]
        below = rows[row_starts[s] : row_starts[s + 1]]
        for j in range(width - 1, -1, -1):
            row = own[j]
            for i in range(j + 1, height):
                subtract(row, panel[j * height + i], x[below[i]])
            inverse = 1.0 / panel[j * height + j]
            for c in range(columns):
                row[c] *= inverse


@compiled_reordered
def subtract(row: Array, factor: float, other: Array) -> None:
    for c in range(len(row)):
        row[c] -= factor * other[c]


@compiled_reordered
def subtract_rows(row: Array, panel: Array, i: int, height: int, own: Array) -> None:
    """row -= Σ_j panel[i, j] own[j], four at a time."""
    width = len(own)
    for j in range(0, width - 3, 4):
        at = j * height + i
        a0, a1, a2, a3 = panel[at], panel[at + height], panel[at + 2 * height], panel[at + 3 * height]
        o0, o1, o2, o3 = own[j], own[j + 1], own[j + 2], own[j + 3]
        for c in range(len(row)):
            row[c] -= a0 * o0[c] + a1 * o1[c] + a2 * o2[c] + a3 * o3[c]
    for j in range(width - width % 4, width):
        subtract(row, panel[j * height + i], own[j])
