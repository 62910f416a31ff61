"""Conjugate gradients on the black nodes with one V-cycle of multigrid in each step, in compiled loops over rows.

Black nodes couple with red ones only. So the red nodes of level 0 are eliminated, x_red = D⁻¹(f + E x_black), and what
is iterated is the Schur complement S = D − E D⁻¹ Eᵀ on the black ones: half of the numbers, and better conditioned.

All that one kernel calls is in this file: Numba's cache on disk asks for the age of the file of the outermost alone.
"""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.structured.compiled import compiled

ROUND_OFF = 8 * float(np.finfo(np.float64).eps)  # a row of K has five terms, added twice


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
def sweep(u: Array, edges: Array, inverse: Array, load: Array, other: Array, red: bool) -> None:
    """u = D⁻¹ (load + E other): one half of a red-black Gauss-Seidel step."""
    total = np.zeros(u.shape[1], u.dtype)
    for j in range(1, u.shape[0] - 1):
        neighbours(total, edges, other, j, (j % 2 == 1) == red)
        row, scale, given = u[j], inverse[j], load[j]
        for s in range(1, total.size - 1):
            row[s] = scale[s] * (given[s] + total[s])


@compiled
def restrict(coarse: Array, edges: Array, black: Array) -> None:
    """coarse (ny/2 + 1, nx/2 + 1) = Pᵀ residual after a black sweep, which is Eᵀ black on red nodes and 0 on others."""
    total = np.zeros(black.shape[1], black.dtype)
    coarse[:] = 0
    count = coarse.shape[1]
    for j in range(1, black.shape[0] - 1):
        is_even = j % 2 == 1
        neighbours(total, edges, black, j, is_even)
        row = coarse[j // 2]
        if is_even:
            for s in range(count):
                row[s] += total[s + 1]
        else:
            low = coarse[j // 2 - 1]
            for s in range(count - 1):
                low[s] += total[s + 1] / 2
                row[s + 1] += total[s + 1] / 2


@compiled
def prolong(red: Array, coarse: Array) -> None:
    """red += P coarse: black nodes need none, as the next sweep replaces them."""
    count = coarse.shape[1]
    for j in range(1, red.shape[0] - 1):
        row, low = red[j], coarse[(j - 1) // 2]
        if j % 2 == 1:
            for s in range(count):
                row[s + 1] += low[s]
        else:
            high = coarse[j // 2]
            for s in range(count - 1):
                row[s + 1] += (low[s] + high[s + 1]) / 2


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
def solve_coarsest(lower: Array, nodes: Array) -> None:
    """In place on nodes (ny + 1, nx + 1): forward and back substitution with the factor of `coarsest.factor`."""
    band = lower.shape[1] - 1
    x = (nodes if nodes.shape[1] <= nodes.shape[0] else nodes.T).astype(np.float64).ravel()
    for p in range(x.size):
        row, total = lower[p], x[p]
        for k in range(max(0, band - p), band):
            total -= row[k] * x[p - band + k]
        x[p] = total * row[band]
    for p in range(x.size - 1, -1, -1):
        row = lower[p]
        x[p] *= row[band]
        for k in range(max(0, band - p), band):
            x[p - band + k] -= row[k] * x[p]
    for j in range(nodes.shape[0]):
        for i in range(nodes.shape[1]):
            nodes[j, i] = x[i + j * nodes.shape[1]] if nodes.shape[1] <= nodes.shape[0] else x[j + i * nodes.shape[0]]


@compiled
def on_level(arena: Array, kinds: int, sides: Array, starts: Array, number: int) -> Array:
    """(kinds, rows, columns): a view of one level's arrays in an arena (kinds · starts[-1],), level after level."""
    rows, columns = sides[number, 1] + 3, sides[number, 0] // 2 + 3
    return arena[kinds * starts[number] : kinds * starts[number + 1]].reshape(kinds, rows, columns)


@compiled
def v_cycle(coarse: Array, sides: Array, starts: Array, edges: Array, inverse: Array, lower: Array) -> Array:
    """A field on level 1 for a load there, each (ny + 1, nx + 1): a symmetric V-cycle.

    On each level it has a red-black step of Gauss-Seidel, going down red first and going up red last; a direct solve on
    the last level. It is linear, symmetric and positive definite in the load, as preconditioners have to be.
    """
    last = len(sides) - 1
    fields, loads = np.zeros(2 * starts[-1], edges.dtype), np.zeros(2 * starts[-1], edges.dtype)
    for number in range(1, last):
        e, d = on_level(edges, 4, sides, starts, number), on_level(inverse, 2, sides, starts, number)
        u, f = on_level(fields, 2, sides, starts, number), on_level(loads, 2, sides, starts, number)
        split(f[0], f[1], coarse)
        u[0] = d[0] * f[0]
        sweep(u[1], e, d[1], f[1], u[0], False)
        coarse = np.empty((sides[number + 1, 1] + 1, sides[number + 1, 0] + 1), edges.dtype)
        restrict(coarse, e, u[1])
    solve_coarsest(lower, coarse)
    for number in range(last - 1, 0, -1):
        e, d = on_level(edges, 4, sides, starts, number), on_level(inverse, 2, sides, starts, number)
        u, f = on_level(fields, 2, sides, starts, number), on_level(loads, 2, sides, starts, number)
        prolong(u[0], coarse)
        sweep(u[1], e, d[1], f[1], u[0], False)
        sweep(u[0], e, d[0], f[0], u[1], True)
        coarse = np.empty((sides[number, 1] + 1, sides[number, 0] + 1), edges.dtype)
        join(coarse, u[0], u[1])
    return coarse


@compiled
def black_residual(rest: Array, edges: Array, diagonal: Array, load: Array, red: Array, black: Array) -> float:
    """rest = load − D black + E red, and the largest of its absolute values."""
    total = np.zeros(rest.shape[1], rest.dtype)
    largest = 0.0
    for j in range(1, rest.shape[0] - 1):
        neighbours(total, edges, red, j, j % 2 == 0)
        for s in range(1, rest.shape[1] - 1):
            rest[j, s] = load[j, s] - diagonal[j, s] * black[j, s] + total[s]
            largest = max(largest, abs(rest[j, s]))
    return largest


@compiled
def attainable(diagonal: Array, x: Array) -> float:
    """The residual that round-off leaves of the largest term in K x."""
    largest = 0.0
    for j in range(1, x.shape[0] - 1):
        for s in range(1, x.shape[1] - 1):
            largest = max(largest, abs(diagonal[j, s] * x[j, s]))
    return ROUND_OFF * largest


@compiled
def conjugate_gradients(
    u: Array,
    load: Array,
    sides: Array,
    starts: Array,
    fine_edges: Array,
    fine_inverse: Array,
    diagonal: Array,
    edges: Array,
    inverse: Array,
    lower: Array,
    energy_tolerance: float,
    tolerance: float,
    max_steps: int,
) -> tuple[int, float, bool]:
    """u (ny + 1, nx + 1) near K⁻¹ load; the number of steps, the largest residual, and whether it has converged.

    It has where the estimated error is `energy_tolerance` of u in energy norm, *and* the residual at most `tolerance`
    or what round-off makes attainable. The squared error is estimated by r·z, with z the V-cycle of the residual r:
    they are equivalent. The residual that is returned is computed from u at the end.
    """
    shape = diagonal.shape
    e, d = on_level(edges, 4, sides, starts, 0), on_level(inverse, 2, sides, starts, 0)
    coarse = np.empty((sides[1, 1] + 1, sides[1, 0] + 1), edges.dtype)
    red, red_load, black_load = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    rest, x, p, image = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape)
    z, low, correction = np.zeros(shape, edges.dtype), np.zeros(shape, edges.dtype), np.zeros(shape, edges.dtype)
    nothing, total = np.zeros(shape), np.zeros(shape[1])
    split(red_load, black_load, load)
    red[:] = fine_inverse[0] * red_load
    largest = black_residual(rest, fine_edges, diagonal, black_load, red, x)
    energy, previous = 0.0, 1.0
    steps, converged = 0, False
    while True:
        for j in range(1, shape[0] - 1):
            for s in range(1, shape[1] - 1):
                low[j, s] = rest[j, s]
                z[j, s] = d[1, j, s] * low[j, s]
        restrict(coarse, e, z)
        correction[:] = 0
        prolong(correction, v_cycle(coarse, sides, starts, edges, inverse, lower))
        sweep(z, e, d[1], low, correction, False)
        current = 0.0
        for j in range(1, shape[0] - 1):
            for s in range(1, shape[1] - 1):
                current += z[j, s] * rest[j, s]
        if current <= energy_tolerance**2 * energy and (largest <= tolerance or largest <= attainable(diagonal, x)):
            converged = True
            break
        if steps == max_steps or not current > 0:
            break
        ratio = current / previous if steps else 0.0
        for j in range(1, shape[0] - 1):
            for s in range(1, shape[1] - 1):
                p[j, s] = z[j, s] + ratio * p[j, s]
        sweep(red, fine_edges, fine_inverse[0], nothing, p, True)
        curvature = 0.0
        for j in range(1, shape[0] - 1):
            neighbours(total, fine_edges, red, j, j % 2 == 0)
            for s in range(1, shape[1] - 1):
                image[j, s] = diagonal[j, s] * p[j, s] - total[s]
                curvature += image[j, s] * p[j, s]
        if not curvature > 0:
            break
        length = current / curvature
        largest = 0.0
        for j in range(1, shape[0] - 1):
            for s in range(1, shape[1] - 1):
                x[j, s] += length * p[j, s]
                rest[j, s] -= length * image[j, s]
                largest = max(largest, abs(rest[j, s]))
        energy += length * current
        previous = current
        steps += 1
    sweep(red, fine_edges, fine_inverse[0], red_load, x, True)
    join(u, red, x)
    largest = black_residual(rest, fine_edges, diagonal, black_load, red, x)
    return steps, largest, converged and (largest <= 2 * tolerance or largest <= 2 * attainable(diagonal, x))
