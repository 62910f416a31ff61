"""Conjugate gradients on the black nodes with one V-cycle of multigrid in each step, in compiled loops over rows.

Black nodes couple with red ones only. So the red nodes of level 0 are eliminated, x_red = D⁻¹(f + E x_black), and what
is iterated is the Schur complement S = D − E D⁻¹ Eᵀ on the black ones: half of the numbers, and better conditioned. The
V-cycle works in single precision, which costs no step and halves the bytes; the rest in double.

All that one kernel calls is in this file: Numba's cache on disk asks for the age of the file of the outermost alone.
Loops and no whole-array expressions: what would report their wrong shapes takes seconds to compile. For the layout of
arrays see `conductances`.
"""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.structured.compiled import compiled


@compiled
def neighbours(total: Array, edges: Array, other: Array, j: int, is_even: bool) -> None:
    """total[s] = the sum over a node's neighbours of conductance × value: row j of a colour in even or odd columns."""
    values, below, above = other[j], other[j - 1], other[j + 1]
    if is_even:
        left, right, south, north = edges[1, j], edges[0, j], edges[2, j - 1], edges[2, j]
        for s in range(1, total.size - 1):
            total[s] = left[s - 1] * values[s - 1] + right[s] * values[s] + south[s] * below[s] + north[s] * above[s]
    else:
        left, right, south, north = edges[0, j], edges[1, j], edges[3, j - 1], edges[3, j]
        for s in range(1, total.size - 1):
            total[s] = left[s] * values[s] + right[s] * values[s + 1] + south[s] * below[s] + north[s] * above[s]


@compiled
def sweep(u: Array, edges: Array, inverse: Array, load: Array, other: Array, is_red: bool, total: Array) -> None:
    """u = D⁻¹ (load + E other): one half of a red-black Gauss-Seidel step. total (columns,) is room for a row."""
    for j in range(1, u.shape[0] - 1):
        neighbours(total, edges, other, j, (j % 2 == 1) == is_red)
        row, scale, given = u[j], inverse[j], load[j]
        for s in range(1, total.size - 1):
            row[s] = scale[s] * (given[s] + total[s])


@compiled
def restrict(coarse: Array, edges: Array, black: Array, total: Array) -> None:
    """coarse (ny/2 + 1, nx/2 + 1) = Pᵀ residual after a black sweep, which is Eᵀ black on red nodes and 0 on others."""
    columns = coarse.shape[1]
    for j in range(1, black.shape[0] - 1):
        row = coarse[j // 2]
        if j % 2 == 1:
            neighbours(total, edges, black, j, True)
            if j == 1:
                for s in range(columns):
                    row[s] = total[s + 1]
            else:
                for s in range(columns):
                    row[s] += total[s + 1]
        else:
            neighbours(total, edges, black, j, False)
            low = coarse[j // 2 - 1]
            row[0] = 0
            for s in range(columns - 1):
                low[s] += total[s + 1] / 2
                row[s + 1] = total[s + 1] / 2


@compiled
def prolong(red: Array, inverse: Array, load: Array, coarse: Array) -> None:
    """red = D⁻¹ load + P coarse. Black nodes need no correction, as the next sweep replaces them."""
    columns = coarse.shape[1]
    for j in range(1, red.shape[0] - 1):
        row, scale, given, low = red[j], inverse[j], load[j], coarse[(j - 1) // 2]
        if j % 2 == 1:
            for s in range(columns):
                row[s + 1] = scale[s + 1] * given[s + 1] + low[s]
        else:
            high = coarse[j // 2]
            for s in range(columns - 1):
                row[s + 1] = scale[s + 1] * given[s + 1] + (low[s] + high[s + 1]) / 2


@compiled
def split(red: Array, black: Array, nodes: Array) -> None:
    """The two colours of an array (ny + 1, nx + 1) of nodes, nx being even."""
    half = nodes.shape[1] // 2
    for j in range(nodes.shape[0]):
        row = nodes[j]
        first, second = (red[j + 1], black[j + 1]) if j % 2 == 0 else (black[j + 1], red[j + 1])
        for s in range(half):
            first[s + 1] = row[2 * s]
            second[s + 1] = row[2 * s + 1]
        first[half + 1] = row[2 * half]


@compiled
def join(nodes: Array, red: Array, black: Array) -> None:
    """The inverse of `split`."""
    half = nodes.shape[1] // 2
    for j in range(nodes.shape[0]):
        row = nodes[j]
        first, second = (red[j + 1], black[j + 1]) if j % 2 == 0 else (black[j + 1], red[j + 1])
        for s in range(half):
            row[2 * s] = first[s + 1]
            row[2 * s + 1] = second[s + 1]
        row[2 * half] = first[half + 1]


@compiled
def solve_coarsest(nodes: Array, lower: Array, x: Array) -> None:
    """In place on nodes (ny + 1, nx + 1): substitutions with the factor of `coarsest.factor`. x (nodes,) is room."""
    rows, columns = nodes.shape
    band = lower.shape[1] - 1
    across, up = (1, columns) if columns <= rows else (rows, 1)
    for j in range(rows):
        for i in range(columns):
            x[i * across + j * up] = nodes[j, i]
    for p in range(x.size):
        row, total = lower[p], x[p]
        for k in range(max(0, band - p), band):
            total -= row[k] * x[p - band + k]
        x[p] = total * row[band]
    for p in range(x.size - 1, -1, -1):
        row, value = lower[p], x[p] * lower[p, band]
        for k in range(max(0, band - p), band):
            x[p - band + k] -= row[k] * value
        x[p] = value
    for j in range(rows):
        for i in range(columns):
            nodes[j, i] = x[i * across + j * up]


@compiled
def colours(arena: Array, kinds: int, sides: Array, starts: Array, level: int) -> Array:
    """(kinds, rows, columns): a view of one level's arrays in an arena (kinds · starts[-1],), level after level."""
    rows, columns = sides[level, 1] + 3, sides[level, 0] // 2 + 3
    return arena[kinds * starts[level] : kinds * starts[level + 1]].reshape(kinds, rows, columns)


@compiled
def nodes_of(arena: Array, sides: Array, starts: Array, level: int) -> Array:
    """(ny + 1, nx + 1): a view of one level's nodes in an arena of two colours."""
    rows, columns, start = sides[level, 1] + 1, sides[level, 0] + 1, 2 * starts[level]
    return arena[start : start + rows * columns].reshape(rows, columns)


@compiled
def v_cycle(nodes: Array, room: Array, sides: Array, starts: Array, edges: Array, inverse: Array, lower: Array) -> None:
    """In place on the nodes of level 1: from a load there to a field, by a symmetric V-cycle.

    On each level it has a red-black step of Gauss-Seidel, going down red first and going up red last; a direct solve on
    the last level. It is linear, symmetric and positive definite in the load, as preconditioners have to be.
    room (4 · starts[-1],) of zeros holds field and load of each level.
    """
    last = len(sides) - 1
    total, x = np.zeros(sides[0, 0] // 2 + 3, edges.dtype), np.zeros(lower.shape[0])
    for level in range(1, last):
        e, d = colours(edges, 4, sides, starts, level), colours(inverse, 2, sides, starts, level)
        held = colours(room, 4, sides, starts, level)
        red, black, red_load, black_load = held[0], held[1], held[2], held[3]
        row = total[: red.shape[1]]
        split(red_load, black_load, nodes_of(nodes, sides, starts, level))
        for j in range(1, red.shape[0] - 1):
            for s in range(1, red.shape[1] - 1):
                red[j, s] = d[0, j, s] * red_load[j, s]
        sweep(black, e, d[1], black_load, red, False, row)
        restrict(nodes_of(nodes, sides, starts, level + 1), e, black, row)
    solve_coarsest(nodes_of(nodes, sides, starts, last), lower, x)
    for level in range(last - 1, 0, -1):
        e, d = colours(edges, 4, sides, starts, level), colours(inverse, 2, sides, starts, level)
        held = colours(room, 4, sides, starts, level)
        red, black, red_load, black_load = held[0], held[1], held[2], held[3]
        row = total[: red.shape[1]]
        prolong(red, d[0], red_load, nodes_of(nodes, sides, starts, level + 1))
        sweep(black, e, d[1], black_load, red, False, row)
        sweep(red, e, d[0], red_load, black, True, row)
        join(nodes_of(nodes, sides, starts, level), red, black)


@compiled
def schur(
    image: Array, red: Array, edges: Array, inverse: Array, diagonal: Array, red_load: Array, black: Array, total: Array
) -> float:
    """red = D⁻¹ (red_load + Eᵀ black), image = D black − E red; returns image · black. total (columns,) is room."""
    sweep(red, edges, inverse, red_load, black, True, total)
    product = 0.0
    for j in range(1, image.shape[0] - 1):
        neighbours(total, edges, red, j, j % 2 == 0)
        row, own, values = image[j], diagonal[j], black[j]
        for s in range(1, total.size - 1):
            row[s] = own[s] * values[s] - total[s]
            product += row[s] * values[s]
    return product


@compiled
def largest(values: Array) -> float:
    """The largest absolute value of an array (rows, columns); NaN where there is one."""
    found = 0.0
    for j in range(values.shape[0]):
        for s in range(values.shape[1]):
            if not abs(values[j, s]) <= found:
                found = abs(values[j, s])
                if found != found:
                    return found
    return found


@compiled
def largest_term(diagonal: Array, u: Array) -> float:
    """Of K u, in absolute value."""
    found = 0.0
    for j in range(u.shape[0]):
        for s in range(u.shape[1]):
            found = max(found, abs(diagonal[j, s] * u[j, s]))
    return found


@compiled
def conjugate_gradients(
    red: Array, black: Array, red_load: Array, black_load: Array, sides: Array, starts: Array, fine_edges: Array,
    fine_inverse: Array, diagonal: Array, edges: Array, inverse: Array, lower: Array, energy_tolerance: float,
    tolerance: float, round_off: float, max_steps: int,
) -> tuple[int, float, bool]:  # fmt: skip
    """Fill red and black, which are zero, with the field of a load on level 0.

    Returns the number of steps, the largest residual, computed from the field at the end, and whether it has converged:
    whether the estimated error is `energy_tolerance` of u in energy norm, *and* the residual at most `tolerance`, or
    `round_off` times the largest term of K u, below which it cannot be. The squared error is estimated by r·z, with z
    the V-cycle of the residual r: they are equivalent.
    """
    rows, columns = red.shape
    e, d = colours(edges, 4, sides, starts, 0), colours(inverse, 2, sides, starts, 0)
    nodes, room = np.zeros(2 * starts[-1], edges.dtype), np.zeros(4 * starts[-1], edges.dtype)
    coarse = nodes_of(nodes, sides, starts, 1)
    rest, p = np.zeros((rows, columns)), np.zeros((rows, columns))
    image, nothing = np.zeros((rows, columns)), np.zeros((rows, columns))
    held = colours(room, 4, sides, starts, 0)
    low, z, correction, low_nothing = held[0], held[1], held[2], held[3]
    total, low_total = np.zeros(columns), np.zeros(columns, edges.dtype)

    schur(image, red, fine_edges, fine_inverse[0], diagonal, red_load, black, total)
    energy, previous, current = 0.0, 1.0, 0.0
    length, steps, converged = 1.0, 0, False
    for j in range(1, rows - 1):
        for s in range(1, columns - 1):
            rest[j, s] = black_load[j, s]
    while True:
        for j in range(1, rows - 1):
            for s in range(1, columns - 1):
                black[j, s] += length * p[j, s]
                rest[j, s] -= length * image[j, s]
                low[j, s] = rest[j, s]
                z[j, s] = d[1, j, s] * low[j, s]
        restrict(coarse, e, z, low_total)
        v_cycle(nodes, room, sides, starts, edges, inverse, lower)
        prolong(correction, d[0], low_nothing, coarse)
        sweep(z, e, d[1], low, correction, False, low_total)
        current = 0.0
        for j in range(1, rows - 1):
            for s in range(1, columns - 1):
                current += z[j, s] * rest[j, s]
        if current <= energy_tolerance**2 * energy:
            converged = largest(rest) <= max(tolerance, round_off * largest_term(diagonal, black))
        if converged or steps == max_steps or not current > 0:
            break
        ratio = current / previous if steps else 0.0
        for j in range(1, rows - 1):
            for s in range(1, columns - 1):
                p[j, s] = z[j, s] + ratio * p[j, s]
        curvature = schur(image, red, fine_edges, fine_inverse[0], diagonal, nothing, p, total)
        if not curvature > 0:
            break
        length, previous = current / curvature, current
        energy += length * current
        steps += 1

    schur(image, red, fine_edges, fine_inverse[0], diagonal, red_load, black, total)
    for j in range(1, rows - 1):
        for s in range(1, columns - 1):
            rest[j, s] = black_load[j, s] - image[j, s]
    residual = largest(rest)
    return steps, residual, converged and residual <= 2 * max(tolerance, round_off * largest_term(diagonal, black))
