"""Newest vertex bisection of a problem: finer cells where they are wanted, the same data, and no hanging node.

A cell is halved through the midpoint of its edge (0, 1), and its halves have that midpoint, their newest node, as
corner 2. An edge that is halved for one cell is halved for its neighbour, whose own edge (0, 1) then is halved too. The
descendants of a cell have at most four shapes (Mitchell 1989, ACM TOMS 15, 326-347), and however the first edges
are chosen, cells made for the sake of neighbours are at most a constant times those asked for (Karkulik, Pavlicek &
Praetorius 2013, Constr. Approx. 38, 213-234). All edges of a step are halved at once, as by Funken, Praetorius &
Wissgott 2011, Comput. Methods Appl. Math. 11, 460-490.

Data are polynomials on cells and on boundary edges, which their parts inherit exactly: the problem stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.base import Array
from models.fem.boundary import Boundary
from models.fem.element import P2
from models.fem.mesh import Triangulation, triangulate
from models.fem.problem import Problem

# By the edges of a cell that are halved, 1 + 2 + 4 for (0,1), (1,2), (2,0): the corners of its parts among its corners
# and the midpoints of these edges, 3, 4, 5.
_PARTS = {
    0: ((0, 1, 2),),
    1: ((2, 0, 3), (1, 2, 3)),
    3: ((2, 0, 3), (3, 1, 4), (2, 3, 4)),
    5: ((3, 2, 5), (0, 3, 5), (1, 2, 3)),
    7: ((3, 2, 5), (0, 3, 5), (3, 1, 4), (2, 3, 4)),
}


@dataclass(frozen=True, eq=False)
class Refined:
    problem: Problem
    parents: Array  # (cells,): the cell of the coarser problem that each is a part of


def longest_edges_first(problem: Problem) -> Problem:
    """The same problem with each cell's longest edge, of equal ones the first of the mesh, between its corners 0, 1."""
    mesh = problem.mesh
    lengths = mesh.edge_lengths[mesh.cell_edges]
    longest = lengths >= (1 - 1e-12) * lengths.max(axis=1, keepdims=True)
    first = np.where(longest, -mesh.cell_edges, -len(mesh.edges)).argmax(axis=1)
    turn = (np.arange(3) + first[:, None]) % 3
    mesh = replace(
        mesh,
        cells=np.take_along_axis(mesh.cells, turn, axis=1),
        cell_edges=np.take_along_axis(mesh.cell_edges, turn, axis=1),
        cell_signs=np.take_along_axis(mesh.cell_signs, turn, axis=1),
    )
    corners_then_middles = np.hstack([turn + first for first in range(0, problem.source.shape[1], 3)])
    return replace(problem, mesh=mesh, source=np.take_along_axis(problem.source, corners_then_middles, axis=1))


def bisect(problem: Problem, wanted: Array) -> Refined:
    """Cells wanted (cells,) bool are halved at least once."""
    mesh = problem.mesh
    is_halved = _close(mesh, wanted)
    middles = np.full(len(mesh.edges), -1)
    middles[is_halved] = len(mesh.nodes) + np.arange(int(is_halved.sum()))
    nodes = np.concatenate((mesh.nodes, mesh.nodes[mesh.edges[is_halved]].mean(axis=1)))
    six = np.hstack((mesh.cells, middles[mesh.cell_edges]))
    pattern = is_halved[mesh.cell_edges] @ (1, 2, 4)

    cells, parents, sources = [], [], []
    for bits, parts in _PARTS.items():
        members = np.flatnonzero(pattern == bits)
        for part in parts:
            inside = problem.element.points @ P2.points[list(part)]
            cells.append(six[members][:, part])
            parents.append(members)
            sources.append(problem.source[members] @ problem.element.shapes(inside).T)
    parent = np.concatenate(parents)
    order = np.argsort(parent, kind="stable")  # neighbours stay near each other
    fine = triangulate(nodes, np.concatenate(cells)[order])
    refined = Problem(
        mesh=fine,
        element=problem.element,
        conductivity=problem.conductivity[parent[order]],
        source=np.concatenate(sources)[order],
        boundary=_bisect_boundary(problem, fine, middles),
    )
    return Refined(refined, parent[order])


def _close(mesh: Triangulation, wanted: Array) -> Array:
    """(edges,) bool: those to halve so that no edge is halved on one side only."""
    is_halved = np.zeros(len(mesh.edges), dtype=bool)
    is_halved[mesh.cell_edges[wanted, 0]] = True
    while True:
        touched = is_halved[mesh.cell_edges].any(axis=1) & ~is_halved[mesh.cell_edges[:, 0]]
        if not touched.any():
            return is_halved
        is_halved[mesh.cell_edges[touched, 0]] = True


def _bisect_boundary(problem: Problem, fine: Triangulation, middles: Array) -> Boundary:
    mesh, given, degree = problem.mesh, problem.boundary, problem.element.degree
    u = np.zeros(len(mesh.points(degree)))
    u[given.dirichlet_points] = given.dirichlet_values
    held = np.flatnonzero(given.dirichlet_edges)
    traces = u[mesh.edge_points(degree)[held]]
    if degree == 1:
        traces = np.column_stack((traces, traces.mean(axis=1)))

    edges, values = _halve(mesh, fine, middles, held, traces)
    dirichlet = np.zeros(len(fine.edges), dtype=bool)
    dirichlet[edges] = True
    points = fine.edge_points(degree)
    fine_u = np.zeros(len(fine.points(degree)))
    fine_u[points[edges]] = values[:, : degree + 1]

    edges, values = _halve(mesh, fine, middles, given.neumann_edges, given.flux)
    order = np.argsort(edges)
    fixed = np.unique(points[dirichlet])
    return Boundary(fixed, fine_u[fixed], dirichlet, edges[order], values[order], given.flux_degree)


def _halve(
    mesh: Triangulation, fine: Triangulation, middles: Array, edges: Array, values: Array
) -> tuple[Array, Array]:
    """The fine edges in edges (n,) of a mesh, and on each the quadratic with values (n, 3) at low, high and midpoint.

    New nodes have higher numbers than old ones, so that the old end of a half is its low one.
    """
    middle = middles[edges]
    split, (ends_low, ends_high) = middle >= 0, mesh.edges[edges].T
    low, high, centre = values[split].T
    pairs = np.concatenate(
        (
            mesh.edges[edges[~split]],
            np.stack((ends_low[split], middle[split]), axis=1),
            np.stack((ends_high[split], middle[split]), axis=1),
        )
    )
    parts = (
        values[~split],
        np.stack((low, centre, (3 * low - high + 6 * centre) / 8), axis=1),
        np.stack((high, centre, (3 * high - low + 6 * centre) / 8), axis=1),
    )
    return fine.find_edges(pairs), np.concatenate(parts)
