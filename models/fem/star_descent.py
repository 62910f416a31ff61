"""A balanced flux brought nearer to k ∇u_h by local steps that keep its balance: curls of hats and of bubbles.

What is lowered is ∫ |σ − k ∇u_h|² / k, by Gauss-Seidel: each step moves along the curl of one bubble, on the cells
beside an edge, or of one hat, on the cells around a node. The error of a flux made of stars is local, so that one round
does nearly what solving the whole system would; wherever it stops, the flux is valid.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.base import Array
from models.fem.compiled import compiled
from models.fem.equilibration import Flux
from models.fem.fans import Fans
from models.fem.mismatch import difference
from models.fem.problem import Problem


def descend(problem: Problem, u: Array, flux: Flux, around: Fans) -> Flux:
    """The flux after one round: all bubbles, all hats, and all bubbles backwards."""
    mesh, apart = problem.mesh, difference(problem, u, flux)
    count = 6 if flux.space.degree == 1 else 10
    # From net fluxes to hats: the curl of λ_a ends in a along the last edge of that corner, and leaves by its first.
    hats = np.eye(count)
    hats[:3, :3] = np.roll(np.eye(3), -1, axis=1) - np.eye(3)
    products = hats @ apart.reference.products[:, :count]  # (3, curls, shapes)
    angles, moments = apart.angles / problem.conductivity[:, None], np.empty((len(mesh.cells), count))
    _project(apart.y, angles, np.ascontiguousarray(products.transpose(0, 2, 1)), moments)

    table = np.ascontiguousarray((products[:, :, :count] @ hats.T).transpose(1, 0, 2))
    coefficients, turns = flux.coefficients.copy(), _turns(problem, flux.graph.is_open, around)
    edges, state = (mesh.cell_edges, mesh.cell_signs), (table, angles, moments, coefficients)
    _relax_bubbles(*edges, mesh.edge_cells, flux.graph.is_open, *state, True)
    _relax_hats(*edges, around.corners, around.starts, around.is_closed, turns, *state)
    _relax_bubbles(*edges, mesh.edge_cells, flux.graph.is_open, *state, False)
    return replace(flux, coefficients=coefficients)


def _turns(problem: Problem, is_open: Array, around: Fans) -> Array:
    """(fans,) bool: those with a circulation of their own, which ends at no closed edge."""
    turns = around.is_closed.copy()
    open_count = len(turns) - int(turns.sum())  # open fans come first
    first = problem.mesh.cell_edges.ravel()[around.corners[around.starts[:open_count]]]
    cell, place = np.divmod(around.corners[around.starts[1 : open_count + 1] - 1], 3)
    last = problem.mesh.cell_edges[cell, (place + 2) % 3]
    turns[:open_count] = is_open[first] & is_open[last]
    return turns


@compiled
def _project(y: Array, angles: Array, products: Array, moments: Array) -> None:
    """Fills moments (cells, curls) with ∫ curl ψ_s·(σ − k ∇u_h) / k, ψ_s being the hats and the bubbles.

    angles (cells, 3) is μ_ab / k, products (3, shapes, curls) of all shapes with these curls.
    """
    for cell in range(len(moments)):
        a, b, c, d, e, f = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0  # in registers: three times as fast as in the array
        for edge in range(3):
            for shape in range(y.shape[1]):
                factor, row = angles[cell, edge] * y[cell, shape], products[edge, shape]
                a += factor * row[0]
                b += factor * row[1]
                c += factor * row[2]
                d += factor * row[3]
                e += factor * row[4]
                f += factor * row[5]
        moments[cell, 0], moments[cell, 1], moments[cell, 2] = a, b, c
        moments[cell, 3], moments[cell, 4], moments[cell, 5] = d, e, f
        for curl in range(6, moments.shape[1]):
            a = 0.0
            for edge in range(3):
                for shape in range(y.shape[1]):
                    a += angles[cell, edge] * y[cell, shape] * products[edge, shape, curl]
            moments[cell, curl] = a


@compiled
def _relax_bubbles(
    cell_edges: Array,
    cell_signs: Array,
    edge_cells: Array,
    is_open: Array,
    table: Array,
    angles: Array,
    moments: Array,
    coefficients: Array,
    forward: bool,
) -> None:
    """Even bubbles, and for degree 2 odd ones, whose sign is the edge's, and those in the cells."""
    count = len(is_open)
    for number in range(count):
        edge = number if forward else count - 1 - number
        if not is_open[edge]:
            continue
        one, other = edge_cells[edge, 0], edge_cells[edge, 1]
        place = _place(cell_edges, one, edge)
        beyond = _place(cell_edges, other, edge) if other >= 0 else 0
        for kind in range(1, 2 if moments.shape[1] == 6 else 3):
            shape, opposite = 3 * kind + place, 3 * kind + beyond
            sign = cell_signs[one, place] if kind == 2 else 1.0
            turned = cell_signs[other, beyond] if kind == 2 and other >= 0 else 1.0
            slope, square = sign * moments[one, shape], _square(angles, table, one, shape)
            if other >= 0:
                slope += turned * moments[other, opposite]
                square += _square(angles, table, other, opposite)
            length = -slope / square
            coefficients[kind * count + edge] += length
            _move(moments, angles, table, one, shape, sign * length)
            if other >= 0:
                _move(moments, angles, table, other, opposite, turned * length)
    if moments.shape[1] == 10:
        for cell in range(len(moments)):
            length = -moments[cell, 9] / _square(angles, table, cell, 9)
            coefficients[3 * count + cell] += length
            _move(moments, angles, table, cell, 9, length)


@compiled
def _relax_hats(
    cell_edges: Array,
    cell_signs: Array,
    corners: Array,
    starts: Array,
    is_closed: Array,
    turns: Array,
    table: Array,
    angles: Array,
    moments: Array,
    coefficients: Array,
) -> None:
    for fan in range(len(turns)):
        if not turns[fan]:
            continue
        slope, square = 0.0, 0.0
        for step in range(starts[fan], starts[fan + 1]):
            cell, place = corners[step] // 3, corners[step] % 3
            slope += moments[cell, place]
            square += angles[cell, place] + angles[cell, (place + 2) % 3]
        length = -slope / square
        for step in range(starts[fan], starts[fan + 1]):
            cell, place = corners[step] // 3, corners[step] % 3
            last = (place + 2) % 3
            _move(moments, angles, table, cell, place, length)
            coefficients[cell_edges[cell, last]] += cell_signs[cell, last] * length
        if not is_closed[fan]:
            cell, place = corners[starts[fan]] // 3, corners[starts[fan]] % 3
            coefficients[cell_edges[cell, place]] -= cell_signs[cell, place] * length


@compiled
def _place(cell_edges: Array, cell: int, edge: int) -> int:
    if cell_edges[cell, 0] == edge:
        return 0
    return 1 if cell_edges[cell, 1] == edge else 2


@compiled
def _square(angles: Array, table: Array, cell: int, shape: int) -> float:
    """∫ |curl ψ|² / k over one cell."""
    total = 0.0
    for edge in range(3):
        total += angles[cell, edge] * table[shape, edge, shape]
    return total


@compiled
def _move(moments: Array, angles: Array, table: Array, cell: int, shape: int, length: float) -> None:
    """The moments of one cell after length times a curl was added to its flux. A known count of steps is unrolled."""
    first, second, third = length * angles[cell, 0], length * angles[cell, 1], length * angles[cell, 2]
    for other in range(6):
        change = first * table[shape, 0, other] + second * table[shape, 1, other] + third * table[shape, 2, other]
        moments[cell, other] += change
    for other in range(6, moments.shape[1]):
        change = first * table[shape, 0, other] + second * table[shape, 1, other] + third * table[shape, 2, other]
        moments[cell, other] += change
