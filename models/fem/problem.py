"""A diffusion problem on its mesh: the task's arrays, broadcast to cells and checked against the edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.boundary import Boundary, boundary
from models.fem.element import ELEMENTS, Element
from models.fem.hanging import refuse_hanging_nodes
from models.fem.mesh import Triangulation, triangulate, unit_square
from models.fem.posed import PosedTask


@dataclass(frozen=True, eq=False)
class Problem:
    """−∇·(k ∇u) = f with k constant and f a polynomial of the element's degree on each cell."""

    mesh: Triangulation
    element: Element
    conductivity: Array  # (cells,)
    source: Array  # (cells, points per cell): f at each cell's points
    boundary: Boundary


def mesh_of(task: PosedTask) -> Triangulation:
    """Raises `Refusal` MESH_DEGENERATE."""
    if task.divisions is not None:
        return unit_square(*task.divisions.tolist())
    assert task.nodes is not None and task.cells is not None
    mesh = triangulate(task.nodes, task.cells)
    refuse_hanging_nodes(mesh.nodes, mesh.edges[mesh.is_boundary])
    return mesh


def problem(task: PosedTask, mesh: Triangulation) -> Problem:
    """Raises `Refusal` WRONG_SIZE, OUT_OF_RANGE, NOT_BOUNDARY or SINGULAR_PROBLEM."""
    task.check_points(len(mesh.points(task.degree)))
    return Problem(
        mesh=mesh,
        element=ELEMENTS[task.degree],
        conductivity=np.broadcast_to(task.conductivity, (len(mesh.cells),)),
        source=source_on_cells(mesh, task.degree, task.source, task.cell_source),
        boundary=boundary(task, mesh),
    )


def source_on_cells(mesh: Triangulation, degree: int, source: Array | None, cell_source: Array | None) -> Array:
    """(cells, points per cell): of values for all or each point, and values of the cells."""
    cell_points = mesh.cell_points(degree)
    total = np.zeros(cell_points.shape)
    if source is not None:
        total += source if len(source) == 1 else source[cell_points]
    if cell_source is not None:
        total += cell_source[:, None]
    return total
