"""A topology task on its mesh: the arrays checked against facets and points, and made into a `Design`."""

from __future__ import annotations

from dataclasses import replace
from math import pi

import numpy as np

from models.base import Array, Refusal
from models.fem.elasticity.form import traction_load
from models.fem.elasticity.material import Material
from models.fem.elasticity.problem import Problem, mesh_of, problem
from models.fem.elasticity.rigid import refuse_free_motions
from models.fem.element import LAGRANGE
from models.fem.optimize import filters, matrices, sampled
from models.fem.optimize.design import Design
from models.fem.optimize.filters import Filter
from models.fem.optimize.sampled import Sampled
from models.fem.optimize.stiffness import stiffness
from models.fem.optimize.topology_task import TopologyTask

# Of cells within the filter's radius: each takes about 50 bytes while the weights are made; on bricks none, but 1.5 ns
# whenever the filter is applied.
MAX_PAIRS = 20_000_000
MAX_EVEN_PAIRS = 200_000_000


def design(task: TopologyTask) -> Design:
    """Of a task that was checked.

    Raises `Refusal` for what the mesh shows to be wrong, and `SingularMatrix` where numbers leave floating point.
    """
    body = task.elastic()
    given = problem(body, mesh_of(body))
    refuse_free_motions(given)
    space = _space(task, given)
    task.check_points(len(space.points))
    d, row_count = space.points.shape[1], space.points.size
    tractions = traction_load(given.mesh, given.element, given.traction_facets, given.traction).ravel()
    load = tractions + _at_rows(task.force_points, task.force_axes, task.force_values, d, row_count)
    load[given.fixed] = 0.0  # the ground holds it
    output = None
    if task.output_points is not None:
        output = _at_rows(task.output_points, task.output_axes, task.output_values, d, row_count)
        output[given.fixed] = 0.0
    _refuse_nothing("force_values", "loads the body where it is free to move", load)
    if output is not None:
        _refuse_nothing("output_values", "weighs a displacement that is free", output)
    cell_rows = (space.cell_points[:, :, None] * d + np.arange(d)).reshape(len(space.cell_points), -1)
    local = matrices.elastic(space, _material(task, given, len(cell_rows)))
    springs = _at_rows(task.spring_points, task.spring_axes, task.spring_values, d, row_count)
    active, passive_density = _passive(task, len(cell_rows))
    return Design(
        space=space,
        stiffness=stiffness(cell_rows, local, given.fixed, springs, space.points.repeat(d, axis=0)),
        load=load,
        output=output,
        filter=_filter(task, space, given),
        active=active,
        passive_density=passive_density,
        penalty=task.penalty,
        lightest=task.lightest,
    )


def first_design(task: TopologyTask, posed: Design) -> Array:
    """(cells,): the task's own, or even over the active cells, with as much material as is allowed.

    Raises `Refusal` OUT_OF_RANGE where the solid cells leave none for them.
    """
    volumes = posed.space.volumes / posed.space.volumes.sum()
    solid = float(volumes @ np.where(posed.active, 0.0, posed.passive_density))
    free = float(volumes @ posed.active)
    if not solid < task.volume_fraction or free == 0:
        details = {"solid": f"{solid:.6g}", "volume_fraction": f"{task.volume_fraction:g}"}
        raise Refusal(
            "OUT_OF_RANGE",
            f"is {task.volume_fraction:g}, and the solid cells alone take {solid:.3g} of the volume; send more, and "
            "leave cells to design",
            "volume_fraction",
            details,
        )
    if task.initial_design is not None:
        return task.initial_design
    return np.full(len(volumes), min(1.0, (task.volume_fraction - solid) / free))


def _space(task: TopologyTask, given: Problem) -> Sampled:
    if task.divisions is None:
        return sampled.simplices(given.mesh, given.element)
    return sampled.bricks(*_box(task, task.divisions))


def _box(task: TopologyTask, divisions: Array) -> tuple[tuple[int, ...], Array]:
    return tuple(divisions.tolist()), np.ones(len(divisions)) if task.lengths is None else task.lengths


def _material(task: TopologyTask, given: Problem, cell_count: int) -> Material:
    """Of each cell of the design; the problem has triangles or tetrahedra for bricks."""
    young, poisson = (np.broadcast_to(values, (cell_count,)) for values in (task.young_modulus, task.poisson_ratio))
    return replace(given.material, young=young, poisson=poisson)


def _filter(task: TopologyTask, space: Sampled, given: Problem) -> Filter:
    if task.filter_radius == 0:
        return filters.none()
    if task.filter == "helmholtz":
        linear = space if task.degree == 1 else sampled.simplices(given.mesh, LAGRANGE[space.points.shape[1]][1])
        return filters.helmholtz(linear, task.filter_radius)
    _refuse_crowd(task, space)
    if task.divisions is not None:
        return filters.even_cone(*_box(task, task.divisions), task.filter_radius)
    return filters.cone(space, task.filter_radius)


def _refuse_crowd(task: TopologyTask, space: Sampled) -> None:
    radius, d, count = task.filter_radius, space.points.shape[1], len(space.volumes)
    near = min(float(count), {2: pi, 3: 4 * pi / 3}[d] * radius**d / float(space.volumes.mean()))
    if count * near > (MAX_PAIRS if task.divisions is None else MAX_EVEN_PAIRS):
        raise Refusal(
            "OUT_OF_RANGE",
            f"is {radius:g}, within which a cell has about {near:.0f} others; send less, or the filter helmholtz, "
            "which takes any radius",
            "filter_radius",
            {"value": f"{radius:g}", "neighbours": f"{near:.0f}"},
        )


def _at_rows(points: Array | None, axes: Array | None, values: Array | None, d: int, count: int) -> Array:
    rows = np.zeros(count)
    if points is not None and axes is not None and values is not None:
        rows[points * d + axes] = values
    return rows


def _passive(task: TopologyTask, cell_count: int) -> tuple[Array, Array]:
    active, density = np.ones(cell_count, dtype=bool), np.zeros(cell_count)
    for cells, value in ((task.solid_cells, 1.0), (task.void_cells, 0.0)):
        if cells is not None:
            active[cells], density[cells] = False, value
    return active, density


def _refuse_nothing(field: str, what: str, rows: Array) -> None:
    if not rows.any():
        raise Refusal("OUT_OF_RANGE", f"nothing {what}; send a value that is not 0 there", field)
