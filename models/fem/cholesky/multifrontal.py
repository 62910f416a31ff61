"""The numbers of a Cholesky factor, by the multifrontal method.

Duff & Reid 1983, ACM TOMS 9, 302-325; Liu 1992, SIAM Review 34, 82-109. Supernodes come children first. Each adds its
columns of the matrix and its children's updates to its panel, factorises that, and leaves an update U − L₂₁ L₂₁ᵀ for
its parent. Updates wait on a stack, as children come right before their parents.

Inner loops run down columns, four columns of the panel on two of the update, so that the processor's vectors are full.
All that one kernel calls is in this file: Numba's cache on disk asks for the age of the file of the outermost alone.
"""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.compiled import compiled_reordered


@compiled_reordered
def factorise(
    values: Array,
    data: Array,
    entries: Array,
    targets: Array,
    firsts: Array,
    row_starts: Array,
    panel_starts: Array,
    parents: Array,
    places: Array,
    stack: Array,
) -> int:
    """Fill the factor's values, which are zeros, from a matrix's data; for the other arguments see `symbolic.Symbolic`.

    Returns the first column whose pivot is not positive, and has stopped there; -1 where there is none.
    """
    children = np.zeros(len(parents), np.int64)  # whose updates are on the stack
    for i in range(len(entries)):
        values[targets[i]] += data[entries[i]]
    top = 0
    waiting = np.empty(len(parents), np.int64)  # the supernodes whose updates are on the stack
    depth = 0
    for s in range(len(parents)):
        width = firsts[s + 1] - firsts[s]
        height = row_starts[s + 1] - row_starts[s]
        rest = height - width
        panel = values[panel_starts[s] : panel_starts[s + 1]]
        update = stack[top : top + rest * rest]
        update[:] = 0.0
        bottom = top
        for _ in range(children[s]):
            depth -= 1
            c = waiting[depth]
            size = row_starts[c + 1] - row_starts[c] - (firsts[c + 1] - firsts[c])
            bottom -= size * size
            child, at = stack[bottom : bottom + size * size], places[row_starts[c + 1] - size : row_starts[c + 1]]
            extend(panel, update, child, at, height, width)
        bad = eliminate(panel, height, width)
        if bad >= 0:
            return int(firsts[s] + bad)
        if rest > 0:
            subtract_product(update, panel, height, width)
            if bottom < top:
                lowered = stack[bottom : bottom + rest * rest]
                for i in range(rest * rest):
                    lowered[i] = update[i]
            top = bottom + rest * rest
            waiting[depth] = s
            depth += 1
            children[parents[s]] += 1
        else:
            top = bottom
    return -1


@compiled_reordered
def extend(panel: Array, update: Array, child: Array, places: Array, height: int, width: int) -> None:
    """Add a child's update, whose rows are at these places, to its parent's panel and update: lower halves."""
    size, rest = len(places), height - width
    for j in range(size):
        source = child[j * size : (j + 1) * size]
        column = places[j]
        if column < width:
            target = panel[column * height : (column + 1) * height]
            for i in range(j, size):
                target[places[i]] += source[i]
        else:
            target = update[(column - width) * rest : (column - width + 1) * rest]
            for i in range(j, size):
                target[places[i] - width] += source[i]


@compiled_reordered
def eliminate(panel: Array, height: int, width: int) -> int:
    """In place on a panel (height, width), which becomes [L₁₁; L₂₁]. Returns as `factorise` does."""
    for begin in range(0, width, 4):
        end = min(begin + 4, width)
        for j in range(begin, end):
            column = panel[j * height + j : (j + 1) * height]
            if not column[0] > 0.0:
                return j
            scale = 1.0 / np.sqrt(column[0])
            for i in range(len(column)):
                column[i] *= scale
            for k in range(j + 1, end):
                target, a = panel[k * height + k : (k + 1) * height], column[k - j]
                source = column[k - j :]
                for i in range(len(target)):
                    target[i] -= a * source[i]
        for k in range(end, width):
            target = panel[k * height + k : (k + 1) * height]
            subtract_columns(target, panel, height, begin, end, k)
    return -1


@compiled_reordered
def subtract_columns(target: Array, panel: Array, height: int, begin: int, end: int, k: int) -> None:
    """target -= Σ_j panel[k, j] panel[k:, j] over up to four columns."""
    if end - begin == 4:
        p0 = panel[begin * height + k : (begin + 1) * height]
        p1 = panel[(begin + 1) * height + k : (begin + 2) * height]
        p2 = panel[(begin + 2) * height + k : (begin + 3) * height]
        p3 = panel[(begin + 3) * height + k : (begin + 4) * height]
        a0, a1, a2, a3 = p0[0], p1[0], p2[0], p3[0]
        for i in range(len(target)):
            target[i] -= a0 * p0[i] + a1 * p1[i] + a2 * p2[i] + a3 * p3[i]
    else:
        for j in range(begin, end):
            p = panel[j * height + k : (j + 1) * height]
            a = p[0]
            for i in range(len(target)):
                target[i] -= a * p[i]


@compiled_reordered
def subtract_product(update: Array, panel: Array, height: int, width: int) -> None:
    """update -= L₂₁ L₂₁ᵀ, the lower half; of a pair of columns, also what lies above the second one's diagonal."""
    rest = height - width
    for k in range(0, rest - 1, 2):
        size = rest - k
        t0 = update[k * rest + k : (k + 1) * rest]
        t1 = update[(k + 1) * rest + k : (k + 2) * rest]
        for j in range(0, width - 3, 4):
            at = j * height + width + k
            p0, p1 = panel[at : at + size], panel[at + height : at + height + size]
            p2, p3 = panel[at + 2 * height : at + 2 * height + size], panel[at + 3 * height : at + 3 * height + size]
            a0, a1, a2, a3 = p0[0], p1[0], p2[0], p3[0]
            b0, b1, b2, b3 = p0[1], p1[1], p2[1], p3[1]
            for i in range(size):
                t0[i] -= a0 * p0[i] + a1 * p1[i] + a2 * p2[i] + a3 * p3[i]
                t1[i] -= b0 * p0[i] + b1 * p1[i] + b2 * p2[i] + b3 * p3[i]
        for j in range(width - width % 4, width):
            at = j * height + width + k
            p = panel[at : at + size]
            a, b = p[0], p[1]
            for i in range(size):
                t0[i] -= a * p[i]
                t1[i] -= b * p[i]
    if rest % 2 == 1:
        total = 0.0
        for j in range(width):
            last = panel[(j + 1) * height - 1]
            total += last * last
        update[rest * rest - 1] -= total
