"""An enclosure of the true energy error of a field, from a much finer computation with the same data.

Data are piecewise polynomials, so refining a mesh changes none of them. The fine field u* is then a Galerkin solution
in a space that holds u_h, and the error of u_h obeys ‖u − u_h‖² = ‖u − u*‖² + ‖u* − u_h‖² in the energy norm.
"""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.bound import energy_bound
from models.fem.boundary import Boundary
from models.fem.element import P2
from models.fem.energy import energy_norm
from models.fem.mesh import Triangulation, triangulate
from models.fem.problem import Problem
from models.fem.solve import solve_field

# The corners of a triangle's four quarters, in its barycentric coordinates.
_A, _B, _C = np.eye(3)
_AB, _BC, _CA = (_A + _B) / 2, (_B + _C) / 2, (_C + _A) / 2
QUARTERS = np.array([(_A, _AB, _CA), (_AB, _B, _BC), (_CA, _BC, _C), (_AB, _BC, _CA)])


def enclose_error(problem: Problem, u: Array, refinements: int) -> tuple[float, float]:
    """Two numbers between which the energy error of u (points,) lies."""
    fine, prolonged = problem, u
    for _ in range(refinements):
        fine, prolonged = _refine(fine, prolonged)
    better = solve_field(fine).x
    distance = energy_norm(fine, better - prolonged)
    return distance, float(np.hypot(distance, energy_bound(fine, better)[0].value))


def _refine(problem: Problem, u: Array) -> tuple[Problem, Array]:
    """The same problem and field with each cell quartered, in P2."""
    mesh = problem.mesh
    corners = problem.mesh.cell_points(2)[:, [[0, 3, 5], [3, 1, 4], [5, 4, 2], [3, 4, 5]]]
    fine = triangulate(mesh.points(2), corners.reshape(-1, 3))
    traces = problem.element.shapes(P2.points @ QUARTERS)  # (4, 6, points of a cell)
    prolonged = np.empty(len(fine.points(2)))
    values = np.einsum("qpi,ci->cqp", traces, u[mesh.cell_points(problem.element.degree)])
    prolonged[fine.cell_points(2)] = values.reshape(-1, 6)
    refined = Problem(
        mesh=fine,
        element=P2,
        conductivity=np.repeat(problem.conductivity, 4),
        source=np.einsum("qpi,ci->cqp", traces, problem.source).reshape(-1, 6),
        boundary=_refine_boundary(problem, fine, prolonged),
    )
    return refined, prolonged


def _refine_boundary(problem: Problem, fine: Triangulation, u: Array) -> Boundary:
    low_halves, high_halves = _halves(problem.mesh, fine)
    dirichlet = np.zeros(len(fine.edges), dtype=bool)
    dirichlet[low_halves[problem.boundary.dirichlet_edges]] = True
    dirichlet[high_halves[problem.boundary.dirichlet_edges]] = True
    points = np.unique(fine.edge_points(2)[dirichlet])

    flux = np.zeros((len(fine.edges), 3))
    low, high, middle = problem.boundary.flux.T
    edges = problem.boundary.neumann_edges
    flux[low_halves[edges]] = np.stack((low, middle, (3 * low - high + 6 * middle) / 8), axis=1)
    flux[high_halves[edges]] = np.stack((high, middle, (3 * high - low + 6 * middle) / 8), axis=1)
    neumann = np.flatnonzero(fine.is_boundary & ~dirichlet)
    return Boundary(points, u[points], dirichlet, neumann, flux[neumann], 2)


def _halves(mesh: Triangulation, fine: Triangulation) -> tuple[Array, Array]:
    """(edges,), (edges,): the fine edge from each edge's low node to its midpoint, and from its high node to it."""
    low, high, middle = mesh.edge_points(2).T
    return fine.find_edges(np.stack((low, middle), axis=1)), fine.find_edges(np.stack((high, middle), axis=1))
