"""A flux in balance from a field in balance with the hat functions, star by star, without solving anything.

Where ∫ k ∇v·∇λ = ∫ f λ + ∫ q λ for the hat λ of a node, there is a flux on its cells alone, closed at their rim, whose
net outflow of each cell is ∫ (k ∇v·∇λ − f λ) and that has ∫ q λ through the node's Neumann edges: it is found by going
round the node. As hats add up to 1, these fluxes add up to one that balances f and q (Destuynder & Métivet 1999, Math.
Comp. 68, 1379-1396; Braess & Schöberl 2008). Around an inner node a circulation is left free: it is taken so that
the fluxes through the spokes are near to those of k ∇v, the stiffer side of an edge weighing less.

Where the field is not in balance with a hat, the defect is shared by the cells around it, and is left to be carried
out of the domain by others.
"""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.assembly import source_products
from models.fem.compiled import compiled
from models.fem.element import P1, Element
from models.fem.fans import Fans
from models.fem.hats import derivatives_at_corners, normal_components, stiffness_of_hats
from models.fem.problem import Problem
from models.fem.quadrature import quadrature


def star_flux(problem: Problem, u: Array, around: Fans) -> tuple[Array, Array]:
    """(edges,), (edges,): the net flux, and the coefficient of the even bubble that is near to k ∇u on either side.

    For a field u (points,) of the problem's element.
    """
    mesh, boundary = problem.mesh, problem.boundary
    slopes, through = np.empty((len(mesh.cells), 3)), np.empty((len(mesh.cells), 3, 2))
    cell_points = mesh.cell_points(problem.element.degree)
    derivatives = np.array(problem.element.derivatives(np.eye(3)))
    _test_with_hats(mesh.nodes, mesh.cells, problem.conductivity, u, cell_points, derivatives, slopes, through)
    loads = mesh.areas[:, None] * (problem.source @ _hat_products(problem.element))
    given = np.zeros((len(mesh.edges), 2))
    low, high, middle = boundary.flux.T
    lengths = mesh.edge_lengths[boundary.neumann_edges]
    given[boundary.neumann_edges] = (lengths * (np.stack((low, high)) + 2 * middle) / 6).T
    is_neumann = np.zeros(len(mesh.edges), dtype=bool)
    is_neumann[boundary.neumann_edges] = True
    flux = np.zeros(len(mesh.edges))
    longest = int(np.diff(around.starts).max())
    _go_round(
        *(around.corners, around.starts, around.is_closed, mesh.cell_edges, mesh.cell_signs),
        *(slopes, through, loads, problem.conductivity, is_neumann, given, np.zeros((longest + 1, 3)), flux),
    )
    return flux, _even_bubbles(problem, through)


def _even_bubbles(problem: Problem, through: Array) -> Array:
    if problem.element is P1:  # k ∇u does not vary along an edge
        return np.zeros(len(problem.mesh.edges))
    weights = np.repeat(1 / problem.conductivity, 3)
    wishes = weights * 3 * (through[..., 0] - through[..., 1]).ravel()
    edges = problem.mesh.cell_edges.ravel()
    return np.asarray(np.bincount(edges, weights=wishes) / np.bincount(edges, weights=weights))


def _hat_products(element: Element) -> Array:
    """(n, 3): the means over a cell of an element's shapes times the hats."""
    if element is P1:
        return source_products(element, 2)
    rule = quadrature(element.degree + 1)
    return np.asarray(np.einsum("q,qp,qa->pa", rule.weights, element.shapes(rule.points), rule.points))


@compiled
def _test_with_hats(
    nodes: Array,
    cells: Array,
    conductivity: Array,
    u: Array,
    cell_points: Array,
    derivatives: Array,
    slopes: Array,
    through: Array,
) -> None:
    """Fills slopes (cells, 3), ∫ k ∇u·∇λ_a, and through (cells, 3, 2), ∫ λ k ∇u·n on edge (a, b) for its two ends."""
    angles, at, normal = np.empty(3), np.empty((3, 3)), np.empty((3, 2))
    for cell in range(len(cells)):
        stiffness_of_hats(nodes, cells, cell, angles)
        derivatives_at_corners(u, cell_points, cell, derivatives, at)
        normal_components(at, angles, conductivity[cell], normal)
        for a in range(3):
            through[cell, a, 0] = (2 * normal[a, 0] + normal[a, 1]) / 6
            through[cell, a, 1] = (2 * normal[a, 1] + normal[a, 0]) / 6
        third = conductivity[cell] / 3
        first, second = at[0, 0] + at[1, 0] + at[2, 0], at[0, 1] + at[1, 1] + at[2, 1]
        last = at[0, 2] + at[1, 2] + at[2, 2]
        ab, bc, ca = angles[0] * (first - second), angles[1] * (second - last), angles[2] * (last - first)
        slopes[cell, 0], slopes[cell, 1], slopes[cell, 2] = third * (ab - ca), third * (bc - ab), third * (ca - bc)


@compiled
def _go_round(
    corners: Array,
    starts: Array,
    is_closed: Array,
    cell_edges: Array,
    cell_signs: Array,
    slopes: Array,
    through: Array,
    loads: Array,
    conductivity: Array,
    is_neumann: Array,
    given: Array,
    spokes: Array,
    flux: Array,
) -> None:
    """Adds the flux of each fan to flux (edges,).

    given (edges, 2) is ∫ q λ at the low and the high node. spokes (longest fan + 1, 3) is room for the flux through
    each spoke, counter-clockwise; the flux wanted there; and the weight of this wish.
    """
    for fan in range(len(is_closed)):
        begin, end = starts[fan], starts[fan + 1]
        count = end - begin
        spokes[: count + 1] = 0.0
        defect = 0.0
        for step in range(count):
            cell, place = corners[begin + step] // 3, corners[begin + step] % 3
            weight = 1 / conductivity[cell]
            after = 0 if is_closed[fan] and step == count - 1 else step + 1
            spokes[step, 1] -= weight * through[cell, place, 0]
            spokes[after, 1] += weight * through[cell, (place + 2) % 3, 1]
            spokes[step, 2] += weight
            spokes[after, 2] += weight
            defect += slopes[cell, place] - loads[cell, place]

        first_cell, first_place = corners[begin] // 3, corners[begin] % 3
        last_cell, last_place = corners[end - 1] // 3, (corners[end - 1] + 2) % 3
        first, last = cell_edges[first_cell, first_place], cell_edges[last_cell, last_place]
        fixed_first = not is_closed[fan] and is_neumann[first]
        fixed_last = not is_closed[fan] and is_neumann[last]
        # The node is the low one of an edge that leaves it from low to high.
        inflow = -given[first, 0 if cell_signs[first_cell, first_place] > 0 else 1] if fixed_first else 0.0
        outflow = given[last, 1 if cell_signs[last_cell, last_place] > 0 else 0] if fixed_last else 0.0
        if not (is_closed[fan] or (fixed_first and fixed_last)):
            defect = 0.0
        else:
            defect -= outflow - inflow

        passed = 0.0
        for step in range(count):
            cell, place = corners[begin + step] // 3, corners[begin + step] % 3
            passed += slopes[cell, place] - loads[cell, place] - defect / count
            spokes[step + 1, 0] = passed
        if fixed_first:
            shift = inflow
        elif fixed_last:
            shift = outflow - passed
        else:
            wish, total = 0.0, 0.0
            for step in range(count if is_closed[fan] else count + 1):
                wish += spokes[step, 1] - spokes[step, 2] * spokes[step, 0]
                total += spokes[step, 2]
            shift = wish / total
        if not is_closed[fan]:
            flux[first] -= cell_signs[first_cell, first_place] * (spokes[0, 0] + shift)
        for step in range(count):
            cell, place = corners[begin + step] // 3, (corners[begin + step] + 2) % 3
            flux[cell_edges[cell, place]] += cell_signs[cell, place] * (spokes[step + 1, 0] + shift)
