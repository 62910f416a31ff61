"""The boundary of a problem: which edges have a given value, which a given flux, and that together they determine u."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array, Refusal
from models.fem.edge_values import as_quadratic, runs_backwards
from models.fem.mesh import Triangulation
from models.fem.posed import PosedTask


@dataclass(frozen=True, eq=False)
class Boundary:
    """u = g on the Dirichlet edges, k ∂u/∂n = q on the Neumann edges, which are the rest of the boundary."""

    dirichlet_points: Array  # (dirichlet,)
    dirichlet_values: Array  # (dirichlet,)
    dirichlet_edges: Array  # (edges,) bool
    neumann_edges: Array  # (neumann,) edge numbers
    flux: Array  # (neumann, 3): q into the domain at the low node, high node and midpoint: a quadratic on each edge
    flux_degree: int  # of the given q: 0, 1 or 2


def boundary(task: PosedTask, mesh: Triangulation) -> Boundary:
    """Raises `Refusal` NOT_BOUNDARY or SINGULAR_PROBLEM; the points and nodes of the task are in range."""
    assert task.dirichlet_points is not None and task.dirichlet_values is not None
    given = _given_edges(task, mesh)
    is_neumann = np.zeros(len(mesh.edges), dtype=bool)
    is_neumann[given] = True
    dirichlet = _dirichlet_edges(task.dirichlet_points, mesh, task.degree, is_neumann)
    _refuse_undetermined_parts(mesh, dirichlet)

    flux = np.zeros((len(mesh.edges), 3))
    if task.neumann_edges is not None and task.neumann_values is not None:
        flux[given] = as_quadratic(task.neumann_values, runs_backwards(task.neumann_edges))
    neumann = np.flatnonzero(mesh.is_boundary & ~dirichlet)
    return Boundary(
        dirichlet_points=task.dirichlet_points,
        dirichlet_values=task.dirichlet_values,
        dirichlet_edges=dirichlet,
        neumann_edges=neumann,
        flux=flux[neumann],
        flux_degree=0 if task.neumann_values is None else task.neumann_values.shape[1] - 1,
    )


def _given_edges(task: PosedTask, mesh: Triangulation) -> Array:
    """(neumann,): the numbers of the edges with a given flux."""
    if task.neumann_edges is None or len(task.neumann_edges) == 0:
        return np.zeros(0, dtype=np.int64)
    numbers = mesh.find_edges(task.neumann_edges)
    wrong = (numbers < 0) | ~mesh.is_boundary[numbers]
    if wrong.any():
        at = int(np.argmax(wrong))
        first, second = task.neumann_edges[at].tolist()
        what = "is no edge of the mesh" if numbers[at] < 0 else "lies inside the domain"
        raise Refusal(
            "NOT_BOUNDARY",
            f"({first}, {second}) {what}; a flux is given on edges of the boundary",
            f"neumann_edges[{at}]",
            {"edge": f"{first},{second}"},
        )
    return numbers


def _dirichlet_edges(points: Array, mesh: Triangulation, degree: int, is_neumann: Array) -> Array:
    """(edges,) bool. A point that completes no Dirichlet edge is refused: a value at one point alone says nothing about
    u in H¹, so that there would be no problem that the answer approximates.
    """
    given = np.zeros(len(mesh.points(degree)), dtype=bool)
    given[points] = True
    edge_points = mesh.edge_points(degree)
    dirichlet: Array = mesh.is_boundary & ~is_neumann & given[edge_points].all(axis=1)
    used = np.zeros_like(given)
    used[edge_points[dirichlet]] = True
    if not used[points].all():
        at = int(np.argmin(used[points]))
        on_boundary = bool((edge_points[mesh.is_boundary] == points[at]).any())
        where = "completes no boundary edge" if on_boundary else "lies inside the domain"
        raise Refusal(
            "NOT_BOUNDARY",
            f"point {points[at]} {where}; give values at all points of a boundary edge without given flux: "
            "its ends and, for degree 2, its midpoint",
            f"dirichlet_points[{at}]",
            {"point": str(points[at])},
        )
    return dirichlet


def _refuse_undetermined_parts(mesh: Triangulation, dirichlet: Array) -> None:
    """Each part of the domain needs a Dirichlet edge."""
    held = np.zeros(int(mesh.parts.max()) + 1, dtype=bool)
    held[mesh.parts[mesh.edge_cells[dirichlet, 0]]] = True
    if not held.all():
        cell = int(np.argmin(held[mesh.parts]))
        raise Refusal(
            "SINGULAR_PROBLEM",
            f"the part of the domain around cell {cell} has no Dirichlet edge, so that u is not determined there; "
            "give u on one of its boundary edges",
            "dirichlet_points",
            {"cell": str(cell)},
        )
