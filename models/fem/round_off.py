"""What round-off can take from the bound, in the units of the energy norm.

First the flux that would mend what is left of each cell's imbalance, or hides in its round-off: carried out along the
tree, its energy norm is at most the sum over edges, edge shape (x − x_o) / 2|T| having norm at most longest edge /
2|T|^½. Then the round-off in the integrand itself. On a flat cell both grow by the digits that its area, a difference
of products as large as its longest edge squared, has lost.
"""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.compiled import compiled
from models.fem.equilibration import Flux, total_source
from models.fem.problem import Problem
from models.fem.shape import measures

# Every number in σ − k ∇u_h and in a cell's balance is a sum of some ten products: on a well shaped cell it is right to
# this part of the sum of their absolute values (Higham 2002, section 3.1, with a margin of about three).
ROUND_OFF = 32 * float(np.finfo(np.float64).eps)


def round_off(problem: Problem, u: Array, flux: Flux) -> float:
    """Of ‖k^-½ (σ − k ∇u_h)‖ for a field u (points,)."""
    mesh, k = problem.mesh, np.ascontiguousarray(problem.conductivity)
    outflow, integrand = np.empty((2, len(mesh.cells)))
    _measure(
        *(mesh.nodes, mesh.cells, mesh.cell_edges, mesh.cell_signs, k),
        *(u, mesh.cell_points(problem.element.degree), problem.source, total_source(problem)),
        *(flux.coefficients, len(mesh.edges), outflow, integrand),
    )
    return norm_along_edges(problem, flux.graph.carry(outflow)) + float(np.linalg.norm(integrand))


def norm_along_edges(problem: Problem, flux: Array) -> float:
    """An upper bound of the energy norm of a net flux (edges,)."""
    mesh, norms = problem.mesh, np.empty(len(problem.mesh.cells))
    _bound_norms(mesh.nodes, mesh.cells, mesh.cell_edges, np.ascontiguousarray(problem.conductivity), flux, norms)
    return float(np.linalg.norm(norms))


@compiled
def _measure(
    nodes: Array,
    cells: Array,
    cell_edges: Array,
    cell_signs: Array,
    conductivity: Array,
    u: Array,
    cell_points: Array,
    source: Array,
    total: Array,
    coefficients: Array,
    edge_count: int,
    outflow: Array,
    integrand: Array,
) -> None:
    """For each cell: how far it may be from balance, and the energy norm of the round-off in it.

    The norm is bounded from above by that of the absolute values of all terms. Bubbles, of at most cubes of λ, have
    slopes below 1 in λ.
    """
    kinds = len(coefficients) // edge_count
    for cell in range(len(cells)):
        double, long, sides = measures(nodes, cells, cell)
        unit = ROUND_OFF * long**2 / double

        balance, through, bubbles = total[cell], 0.0, 0.0
        for a in range(3):
            edge = cell_edges[cell, a]
            balance += cell_signs[cell, a] * coefficients[edge]
            through += abs(coefficients[edge])
            bubbles += abs(coefficients[edge_count + edge])
            if kinds > 2:
                bubbles += abs(coefficients[2 * edge_count + edge])
        if kinds > 2:
            bubbles += abs(coefficients[3 * edge_count + cell])
        outflow[cell] = abs(balance) + unit * (through + abs(total[cell]))

        sources, values = 0.0, 0.0
        for point in range(cell_points.shape[1]):
            sources += abs(source[cell, point])
            values += abs(u[cell_points[cell, point]])
        steepest = sides / double
        terms = through * long / double + bubbles * steepest + 2 * sources * long
        terms += 4 * conductivity[cell] * values * steepest
        integrand[cell] = unit * terms * np.sqrt(double / 2) / np.sqrt(conductivity[cell])


@compiled
def _bound_norms(nodes: Array, cells: Array, cell_edges: Array, conductivity: Array, flux: Array, norms: Array) -> None:
    for cell in range(len(norms)):
        double, long, _ = measures(nodes, cells, cell)
        through = abs(flux[cell_edges[cell, 0]]) + abs(flux[cell_edges[cell, 1]]) + abs(flux[cell_edges[cell, 2]])
        norms[cell] = through * long / (np.sqrt(2 * double) * np.sqrt(conductivity[cell]))
