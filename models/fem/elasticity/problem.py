"""An elasticity problem on its mesh: the task's arrays, broadcast to cells and checked against the facets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.base import Array, Refusal
from models.fem.elasticity.material import Material
from models.fem.elasticity.supports import supports
from models.fem.elasticity.task import ElasticityTask
from models.fem.element import LAGRANGE, Element
from models.fem.hanging import refuse_hanging_nodes
from models.fem.mesh import triangulate, unit_square
from models.fem.simplicial import Simplicial
from models.fem.tetrahedra import box, tetrahedralize


@dataclass(frozen=True, eq=False)
class Problem:
    """−div σ(u) = f, with the material constant and θ = α ΔT linear on each cell."""

    mesh: Simplicial
    element: Element
    material: Material
    body_force: Array  # (cells, count, d): f at each cell's points
    thermal_strain: Array  # (cells, d + 1): θ at each cell's corners
    traction_facets: Array  # (tractions,) facet numbers
    traction: Array  # (tractions, d, d): t at the facet's corners in the mesh's order
    fixed: Array  # (fixed,): the prescribed rows, d · point + axis
    fixed_values: Array  # (fixed,)


def mesh_of(task: ElasticityTask) -> Simplicial:
    """Raises `Refusal` MESH_DEGENERATE."""
    if task.divisions is not None:
        counts = task.divisions.tolist()
        mesh = unit_square(*counts) if len(counts) == 2 else box(*counts)
        return mesh if task.lengths is None else dataclasses.replace(mesh, nodes=mesh.nodes * task.lengths)
    assert task.nodes is not None and task.cells is not None
    make: Callable[[Array, Array], Simplicial] = triangulate if task.nodes.shape[1] == 2 else tetrahedralize
    own = make(task.nodes, task.cells)
    refuse_hanging_nodes(own.nodes, own.facets[own.is_boundary])
    return own


def problem(task: ElasticityTask, mesh: Simplicial) -> Problem:
    """Raises `Refusal` WRONG_SIZE, OUT_OF_RANGE, NOT_BOUNDARY or HALF_FIXED. Rigid motions are refused by `rigid`."""
    task.check_points(len(mesh.points(task.degree)))
    assert task.fixed_values is not None
    cell_count, d = len(mesh.cells), mesh.nodes.shape[1]
    facets, traction = _tractions(task, mesh)
    return Problem(
        mesh=mesh,
        element=LAGRANGE[d][task.degree],
        material=Material(
            young=np.broadcast_to(task.young_modulus, (cell_count,)),
            poisson=np.broadcast_to(task.poisson_ratio, (cell_count,)),
            dimension=d,
            plane_stress=task.plane == "stress",
        ),
        body_force=_body_force(task, mesh),
        thermal_strain=_thermal_strain(task, mesh),
        traction_facets=facets,
        traction=traction,
        fixed=supports(task, mesh),
        fixed_values=task.fixed_values,
    )


def _body_force(task: ElasticityTask, mesh: Simplicial) -> Array:
    cell_points = mesh.cell_points(task.degree)
    if task.body_force is None:
        return np.zeros((*cell_points.shape, mesh.nodes.shape[1]))
    if len(task.body_force) == 1:
        return np.broadcast_to(task.body_force, (*cell_points.shape, mesh.nodes.shape[1]))
    return np.asarray(task.body_force[cell_points])


def _thermal_strain(task: ElasticityTask, mesh: Simplicial) -> Array:
    rise = np.zeros(mesh.cells.shape)
    if task.temperature is not None:
        rise += task.temperature if len(task.temperature) == 1 else task.temperature[mesh.cells]
    if task.cell_temperature is not None:
        rise += task.cell_temperature[:, None]
    expansion = np.zeros(1) if task.expansion is None else task.expansion
    return rise * expansion[:, None]


def _tractions(task: ElasticityTask, mesh: Simplicial) -> tuple[Array, Array]:
    """(tractions,), (tractions, d, d): facet numbers, and t at their corners in increasing order of the nodes."""
    d = mesh.nodes.shape[1]
    if task.traction_facets is None or task.traction_values is None or len(task.traction_facets) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros((0, d, d))
    numbers = mesh.find_facets(task.traction_facets)
    wrong = (numbers < 0) | ~mesh.is_boundary[numbers]
    if wrong.any():
        at = int(np.argmax(wrong))
        corners = ", ".join(map(str, task.traction_facets[at]))
        what = "is no facet of the mesh" if numbers[at] < 0 else "lies inside the body"
        raise Refusal(
            "NOT_BOUNDARY",
            f"({corners}) {what}; a traction is given on facets of the boundary",
            f"traction_facets[{at}]",
            {"facet": corners},
        )
    values = task.traction_values
    if values.ndim == 2:
        return numbers, np.repeat(values[:, None], d, axis=1)
    order = np.argsort(task.traction_facets, axis=1)
    return numbers, np.take_along_axis(values, order[:, :, None], axis=1)
