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
from models.fem.compiled import compiled_reordered


@compiled_reordered
def sweep(u: Array, stencil: Array, load: Array, other: Array, j: int, is_even: bool) -> None:
    """Row j of u = D⁻¹ (load + E other), a half of a red-black Gauss-Seidel step, in even or in odd columns.

    The sum over neighbours is written out where it is used: a row to keep it in doubled the time.
    """
    inverse = 4 if (j % 2 == 1) == is_even else 5  # of red nodes or of black ones
    if is_even:
        for s in range(1, u.shape[1] - 1):
            u[j, s] = stencil[inverse, j, s] * (
                load[j, s]
                + stencil[1, j, s - 1] * other[j, s - 1]
                + stencil[0, j, s] * other[j, s]
                + stencil[2, j - 1, s] * other[j - 1, s]
                + stencil[2, j, s] * other[j + 1, s]
            )
    else:
        for s in range(1, u.shape[1] - 1):
            u[j, s] = stencil[inverse, j, s] * (
                load[j, s]
                + stencil[0, j, s] * other[j, s]
                + stencil[1, j, s] * other[j, s + 1]
                + stencil[3, j - 1, s] * other[j - 1, s]
                + stencil[3, j, s] * other[j + 1, s]
            )


@compiled_reordered
def remainder(image: Array, stencil: Array, p: Array, red: Array, j: int, is_even: bool) -> None:
    """Row j of image = D p − E red on black nodes."""
    if is_even:
        for s in range(1, image.shape[1] - 1):
            image[j, s] = stencil[6, j, s] * p[j, s] - (
                stencil[1, j, s - 1] * red[j, s - 1]
                + stencil[0, j, s] * red[j, s]
                + stencil[2, j - 1, s] * red[j - 1, s]
                + stencil[2, j, s] * red[j + 1, s]
            )
    else:
        for s in range(1, image.shape[1] - 1):
            image[j, s] = stencil[6, j, s] * p[j, s] - (
                stencil[0, j, s] * red[j, s]
                + stencil[1, j, s] * red[j, s + 1]
                + stencil[3, j - 1, s] * red[j - 1, s]
                + stencil[3, j, s] * red[j + 1, s]
            )


@compiled_reordered
def restrict(coarse: Array, shares: Array, stencil: Array, black: Array, j: int, total: Array) -> None:
    """What row j of red nodes has for coarse (ny/2 + 1, nx/2 + 1) = Pᵀ residual, the rows before it being done.

    The residual after a black sweep is Eᵀ black on red nodes and 0 on others. total (columns,) is room.
    """
    row, last = j // 2, coarse.shape[1] - 1
    if j % 2 == 1:
        if j == 1:
            for s in range(last + 1):
                coarse[row, s] = 0
        for s in range(last + 1):
            coarse[row, s] += (
                stencil[1, j, s] * black[j, s]
                + stencil[0, j, s + 1] * black[j, s + 1]
                + stencil[2, j - 1, s + 1] * black[j - 1, s + 1]
                + stencil[2, j, s + 1] * black[j + 1, s + 1]
            )
    else:
        for s in range(last):
            total[s] = (
                stencil[0, j, s + 1] * black[j, s + 1]
                + stencil[1, j, s + 1] * black[j, s + 2]
                + stencil[3, j - 1, s + 1] * black[j - 1, s + 1]
                + stencil[3, j, s + 1] * black[j + 1, s + 1]
            )
        for s in range(last):
            coarse[row - 1, s] += shares[0, row - 1, s] * total[s]
            coarse[row, s] = shares[2, row - 1, s] * total[s]
        coarse[row, last] = 0
        for s in range(last):
            coarse[row - 1, s + 1] += shares[1, row - 1, s] * total[s]
            coarse[row, s + 1] += shares[3, row - 1, s] * total[s]


@compiled_reordered
def prolong(red: Array, shares: Array, coarse: Array, j: int) -> None:
    """Add P coarse to row j of red nodes. Black nodes need no correction, as the next sweep replaces them."""
    low = (j - 1) // 2
    if j % 2 == 1:
        for s in range(coarse.shape[1]):
            red[j, s + 1] += coarse[low, s]
    else:
        for s in range(coarse.shape[1] - 1):
            red[j, s + 1] += (
                shares[0, low, s] * coarse[low, s]
                + shares[1, low, s] * coarse[low, s + 1]
                + shares[2, low, s] * coarse[low + 1, s]
                + shares[3, low, s] * coarse[low + 1, s + 1]
            )


@compiled_reordered
def split(red: Array, black: Array, nodes: Array) -> None:
    """The two colours of an array (ny + 1, nx + 1) of nodes, nx being even."""
    half = nodes.shape[1] // 2
    for j in range(0, nodes.shape[0], 2):
        for s in range(half):
            red[j + 1, s + 1], black[j + 1, s + 1] = nodes[j, 2 * s], nodes[j, 2 * s + 1]
        red[j + 1, half + 1] = nodes[j, 2 * half]
    for j in range(1, nodes.shape[0], 2):
        for s in range(half):
            black[j + 1, s + 1], red[j + 1, s + 1] = nodes[j, 2 * s], nodes[j, 2 * s + 1]
        black[j + 1, half + 1] = nodes[j, 2 * half]


@compiled_reordered
def join(nodes: Array, red: Array, black: Array) -> None:
    """The inverse of `split`."""
    half = nodes.shape[1] // 2
    for j in range(0, nodes.shape[0], 2):
        for s in range(half):
            nodes[j, 2 * s], nodes[j, 2 * s + 1] = red[j + 1, s + 1], black[j + 1, s + 1]
        nodes[j, 2 * half] = red[j + 1, half + 1]
    for j in range(1, nodes.shape[0], 2):
        for s in range(half):
            nodes[j, 2 * s], nodes[j, 2 * s + 1] = black[j + 1, s + 1], red[j + 1, s + 1]
        nodes[j, 2 * half] = black[j + 1, half + 1]


@compiled_reordered
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


@compiled_reordered
def colours(arena: Array, sides: Array, starts: Array, level: int) -> Array:
    """(6, rows, columns): a view of one level's arrays in an arena (6 · starts[-1],), level after level."""
    rows, columns = sides[level, 1] + 3, sides[level, 0] // 2 + 3
    return arena[6 * starts[level] : 6 * starts[level + 1]].reshape(6, rows, columns)


@compiled_reordered
def nodes_of(arena: Array, sides: Array, starts: Array, level: int) -> Array:
    """(ny + 1, nx + 1): a view of one level's nodes in an arena (2 · starts[-1],)."""
    rows, columns, start = sides[level, 1] + 1, sides[level, 0] + 1, 2 * starts[level]
    return arena[start : start + rows * columns].reshape(rows, columns)


@compiled_reordered
def cells_of(arena: Array, sides: Array, starts: Array, level: int) -> Array:
    """(4, ny/2, nx/2): a view of the shares of the cells of the next level in an arena (2 · starts[-1],)."""
    rows, columns, start = sides[level, 1] // 2, sides[level, 0] // 2, 2 * starts[level]
    return arena[start : start + 4 * rows * columns].reshape(4, rows, columns)


@compiled_reordered
def v_cycle(
    nodes: Array, room: Array, sides: Array, starts: Array, stencils: Array, shares: Array, lower: Array
) -> None:
    """A symmetric V-cycle, from a load on the black nodes of level 0 to a field there.

    On each level it has a red-black step of Gauss-Seidel, going down red first and going up red last; a direct solve on
    the last level. It is linear, symmetric and positive definite in the load, as preconditioners have to be. On level 0
    the load is 0 on red nodes, and the field there is not wanted.
    room (6 · starts[-1],) holds field and load of each level, each red and black; nodes (2 · starts[-1],) what passes
    between them. Rims are zero.
    """
    last = len(sides) - 1
    total, x = np.zeros(sides[0, 0] // 2 + 3, stencils.dtype), np.zeros(lower.shape[0])
    for level in range(last):
        stencil, held = colours(stencils, sides, starts, level), colours(room, sides, starts, level)
        red, black, red_load, black_load = held[0], held[1], held[2], held[3]
        coarse, part = nodes_of(nodes, sides, starts, level + 1), cells_of(shares, sides, starts, level)
        if level > 0:
            split(red_load, black_load, nodes_of(nodes, sides, starts, level))
        for j in range(1, red.shape[0] - 1):
            for s in range(1, red.shape[1] - 1):
                red[j, s] = stencil[4, j, s] * red_load[j, s]
                black[j, s] = stencil[5, j, s] * black_load[j, s]
        if level > 0:
            for j in range(1, red.shape[0] - 1):
                sweep(black, stencil, black_load, red, j, j % 2 == 0)
        for j in range(1, red.shape[0] - 1):
            restrict(coarse, part, stencil, black, j, total)
    solve_coarsest(nodes_of(nodes, sides, starts, last), lower, x)
    for level in range(last - 1, -1, -1):
        stencil, held = colours(stencils, sides, starts, level), colours(room, sides, starts, level)
        red, black, red_load, black_load = held[0], held[1], held[2], held[3]
        coarse, part = nodes_of(nodes, sides, starts, level + 1), cells_of(shares, sides, starts, level)
        end = red.shape[0] - 1
        for j in range(1, end + 1):
            if j < end:
                prolong(red, part, coarse, j)
            if j > 1:
                sweep(black, stencil, black_load, red, j - 1, j % 2 == 1)
        if level > 0:
            for j in range(1, end):
                sweep(red, stencil, red_load, black, j, j % 2 == 1)
            join(nodes_of(nodes, sides, starts, level), red, black)


@compiled_reordered
def schur(image: Array, red: Array, p: Array, z: Array, ratio: float, fine: Array, red_load: Array) -> float:
    """p = z + ratio p, red = D⁻¹ (red_load + Eᵀ p) and image = D p − E red, row by row; returns image · p."""
    product, end = 0.0, image.shape[0] - 1
    for j in range(end + 1):
        if j + 1 < end:
            for s in range(1, p.shape[1] - 1):
                p[j + 1, s] = z[j + 1, s] + ratio * p[j + 1, s]
        if 0 < j < end:
            sweep(red, fine, red_load, p, j, j % 2 == 1)
        if j > 1:
            remainder(image, fine, p, red, j - 1, j % 2 == 1)
            for s in range(1, p.shape[1] - 1):
                product += image[j - 1, s] * p[j - 1, s]
    return product


@compiled_reordered
def relax_red(red: Array, fine: Array, red_load: Array, black: Array) -> float:
    """red = D⁻¹ (red_load + Eᵀ black). Returns by how much this lowers the squared energy error: Σ D (change)²."""
    gain, row = 0.0, np.empty(red.shape[1])
    for j in range(1, red.shape[0] - 1):
        for s in range(1, red.shape[1] - 1):
            row[s] = red[j, s]
        sweep(red, fine, red_load, black, j, j % 2 == 1)
        for s in range(1, red.shape[1] - 1):
            if fine[4, j, s] > 0:
                gain += (red[j, s] - row[s]) ** 2 / fine[4, j, s]
    return gain


@compiled_reordered
def largest(values: Array) -> float:
    """The largest absolute value of an array (rows, columns); NaN where there is one."""
    found = 0.0
    for j in range(values.shape[0]):
        for s in range(values.shape[1]):
            if not abs(values[j, s]) <= found:
                found = float(abs(values[j, s]))
                if found != found:
                    return found
    return found


@compiled_reordered
def largest_term(diagonal: Array, u: Array) -> float:
    """Of K u, in absolute value."""
    found = 0.0
    for j in range(u.shape[0]):
        for s in range(u.shape[1]):
            found = max(found, abs(diagonal[j, s] * u[j, s]))
    return found


@compiled_reordered
def conjugate_gradients(
    double: Array, single: Array, nodes: Array, sides: Array, starts: Array, fine: Array, stencils: Array,
    shares: Array, lower: Array, energy_tolerance: float, tolerance: float, round_off: float, max_steps: int,
    is_warm: bool, squares: Array,
) -> tuple[int, float, bool]:  # fmt: skip
    """Find the field of a load on level 0: from double[:2], its red and black nodes, to double[2:4].

    It begins at 0, or where it `is_warm` at the black nodes of double[3]. Then squares (max_steps + 1,) gets what each
    step has taken from the squared energy error, which is known exactly, and what one more would take (Hestenes &
    Stiefel 1952, J. Res. NBS 49, theorem 6:1): nearly all that is left. The fourth colours of single get that step.

    double (8, rows, columns), single (6 · starts[-1],) and nodes (2 · starts[-1],) are room with rims of zeros; the
    last of double is zero all over.

    Returns the number of steps, the largest residual, computed from the field at the end, and whether it has converged:
    whether the estimated error is `energy_tolerance` of u in energy norm, *and* the residual at most `tolerance`, or
    `round_off` times the largest term of K u, below which it cannot be. The squared error is estimated by r·z, with z
    the V-cycle of the residual r: they are equivalent.
    """
    red_load, black_load, red, black = double[0], double[1], double[2], double[3]
    p, image, rest, nothing = double[4], double[5], double[6], double[7]
    held = single[: 6 * red.size].reshape(6, red.shape[0], red.shape[1])  # level 0 of the V-cycle's room
    z, low = held[1], held[3]
    rows, columns = red.shape
    for j in range(1, rows - 1):
        for s in range(1, columns - 1):
            rest[j, s] = black_load[j, s]
            p[j, s] = black[j, s] if is_warm else 0
            black[j, s], z[j, s] = 0, 0

    load, ratio, length = red_load, 1.0, 1.0  # at first the residual of where it begins, then of directions, load 0
    energy, current, steps = 0.0, 0.0, 0
    done, converged = False, False
    while True:
        curvature = schur(image, red, p, z, ratio, fine, load)
        if done:
            break
        if steps > 0:
            length = current / curvature
            if is_warm:
                squares[steps - 1] = length * current
            energy += length * current
        for j in range(1, rows - 1):
            for s in range(1, columns - 1):
                black[j, s] += length * p[j, s]
                rest[j, s] -= length * image[j, s]
                low[j, s] = rest[j, s]
        if is_warm and steps == 0:  # the squared energy norm of the solution, less that of the error
            for j in range(1, rows - 1):
                for s in range(1, columns - 1):
                    energy += (black_load[j, s] + rest[j, s]) * black[j, s]
                    energy += red_load[j, s] * (red[j, s] - fine[4, j, s] * red_load[j, s])
        v_cycle(nodes, single, sides, starts, stencils, shares, lower)
        previous, current = current, 0.0
        for j in range(1, rows - 1):
            for s in range(1, columns - 1):
                current += z[j, s] * rest[j, s]
        if current <= energy_tolerance**2 * energy:
            converged = largest(rest) <= max(tolerance, round_off * largest_term(fine[6], black))
        done = converged or steps == max_steps or not current > 0
        load, ratio = nothing, current / previous if steps > 0 else 0.0
        if done and is_warm:
            curvature = schur(image, red, p, z, ratio, fine, nothing)
            length = current / curvature if curvature > 0 else 0.0  # there may be nothing left
            squares[steps] = length * current
            for j in range(1, rows - 1):
                for s in range(1, columns - 1):
                    low[j, s] = length * p[j, s]
        if done:  # red nodes and the residual of what was found
            load, ratio = red_load, 1.0
            for j in range(1, rows - 1):
                for s in range(1, columns - 1):
                    p[j, s], z[j, s] = black[j, s], 0
        else:
            steps += 1

    for j in range(1, rows - 1):
        for s in range(1, columns - 1):
            rest[j, s] = black_load[j, s] - image[j, s]
    residual = float(largest(rest))
    return steps, residual, converged and residual <= 2 * max(tolerance, round_off * largest_term(fine[6], black))
