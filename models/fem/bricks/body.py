"""A task on its mesh: material at cells, prescribed components, loads, and the lattice of a box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from skfem import Basis, Mesh

from models.base import Array, Refusal
from models.fem.bricks import form
from models.fem.bricks.lattice import Lattice
from models.fem.bricks.task import BricksTask
from models.fem.check import check_size
from models.fem.domain.basis import scalar_basis
from models.fem.domain.conditions import Condition, read_conditions
from models.fem.domain.elements import names, points
from models.fem.domain.expression import Expression, parse
from models.fem.domain.motions import refuse_parts
from models.fem.domain.posed import coordinates, facet_basis, facets_of, on_facets
from models.fem.domain.vector_loads import read_vector
from models.fem.elasticity.material import Material
from models.fem.elasticity.rigid import rigid_modes

# A motion that the prescribed displacements resist with less than this part of the most resisted one is free.
SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class Body:
    """Made by `body`."""

    kind: str
    basis: Basis  # of one component
    points: Array  # (points, d)
    material: Material
    is_free: Array  # (points, d)
    values: Array  # (points, d): the prescribed displacements, 0 elsewhere
    outer: Array  # (points, d): loads
    thermal_load: Array  # (points, d)
    expansion: Array  # (cells,): α
    temperature: Expression | None  # ΔT
    box: tuple[Lattice, Array] | None  # the lattice of a box, and (points,) their numbers in it

    def thermal_strain(self, basis: Basis) -> Array:
        """(cells, points of the basis): α ΔT."""
        return _thermal_strain(basis, self.expansion, self.temperature)

    @property
    def modes(self) -> Array:
        """(points · d, modes)"""
        return rigid_modes(self.points).reshape(self.points.size, -1)


def body(task: BricksTask, mesh: Mesh) -> Body:
    """Raises `Refusal` for what is wrong with the conditions, formulas or sizes, SINGULAR_PROBLEM included."""
    d, cell_count = task.dimension, mesh.nelements
    axes = names(mesh)
    conditions = read_conditions(task.conditions, {"u": d, "traction": d}, axes)
    force = read_vector(task.force, d, axes, "force")
    young, poisson, expansion = (
        _on_cells(name, values, cell_count)
        for name, values in (
            ("young_modulus", task.young_modulus),
            ("poisson_ratio", task.poisson_ratio),
            ("expansion", np.zeros(1) if task.expansion is None else task.expansion),
        )
    )
    refuse_parts(mesh)
    for condition in conditions:
        facets_of(mesh, condition)
    basis = scalar_basis(task, mesh)
    places = points(basis)
    is_free, values = _prescribed(basis, places, conditions)
    _refuse_free_motions(places, is_free)
    material = Material(young, poisson, d, task.plane == "stress")
    outer = np.zeros_like(places)
    at = np.asarray(basis.global_coordinates())
    for axis, formula in enumerate(force):
        outer[:, axis] += form.load.assemble(basis, f=formula(coordinates(at), at.shape[1:]))
    _add_tractions(outer, basis, conditions, 2 * task.degree + 1)
    temperature = parse(task.temperature, axes, "temperature") if task.temperature.strip() else None
    thermal_load = np.zeros_like(places)
    if temperature is not None:
        pressure = material.thermal[:, None] * _thermal_strain(basis, expansion, temperature)
        for axis in range(d):
            thermal_load[:, axis] = form.expansion.assemble(basis, pressure=pressure, axis=axis)
    return Body(
        kind=task.cell_kind,
        basis=basis,
        points=places,
        material=material,
        is_free=is_free,
        values=values,
        outer=outer,
        thermal_load=thermal_load,
        expansion=expansion,
        temperature=temperature,
        box=_box(task, mesh, places, material, is_free) if task.shape == "cube" else None,
    )


def _thermal_strain(basis: Basis, expansion: Array, temperature: Expression | None) -> Array:
    at = np.asarray(basis.global_coordinates())
    if temperature is None:
        return np.zeros(at.shape[1:])
    return np.asarray(expansion[:, None] * temperature(coordinates(at), at.shape[1:]))


def _on_cells(name: str, values: Array, cell_count: int) -> Array:
    check_size(name, values, (1, cell_count), "one value, or one per cell")
    return np.ascontiguousarray(np.broadcast_to(values, (cell_count,)))


def _prescribed(basis: Basis, places: Array, conditions: Sequence[Condition]) -> tuple[Array, Array]:
    is_free, values = np.ones(places.shape, dtype=bool), np.zeros(places.shape)
    for condition in conditions:
        if condition.quantity == "u":
            at = np.asarray(basis.get_dofs(facets_of(basis.mesh, condition)).all())
            for component, formula in enumerate(condition.values):
                axis = component if condition.axis is None else condition.axis
                values[at, axis] = formula(coordinates(places[at].T), (len(at),))
                is_free[at, axis] = False
    return is_free, values


def _refuse_free_motions(places: Array, is_free: Array) -> None:
    modes = rigid_modes(places)
    stopped = np.linalg.svd(np.linalg.qr(modes[~is_free], mode="r"), compute_uv=False)
    if len(stopped) < modes.shape[2] or stopped[-1] <= SLACK * stopped[0]:
        raise Refusal(
            "SINGULAR_PROBLEM",
            "leave a rigid motion free; prescribe u on boundaries that stop all of them",
            "conditions",
        )


def _add_tractions(load: Array, basis: Basis, conditions: Sequence[Condition], order: int) -> None:
    for condition in conditions:
        if condition.quantity == "traction":
            facets = facet_basis(basis, condition, order)
            for component, values in enumerate(on_facets(facets, condition)):
                axis = component if condition.axis is None else condition.axis
                load[:, axis] += form.load.assemble(facets, f=values)


def _box(task: BricksTask, mesh: Mesh, places: Array, material: Material, is_free: Array) -> tuple[Lattice, Array]:
    """Of the points of the box, whose bricks are the cells, or for degree 2 their eighths."""
    assert task.divisions is not None
    bricks = task.divisions
    lengths = np.ones(3) if task.lengths is None else task.lengths
    middles = np.asarray(mesh.p[:, mesh.t].mean(axis=1).T)
    cell = np.floor(middles * bricks / lengths).astype(np.int64)
    moduli = []
    for modulus in (material.lame, material.shear):
        found = np.empty(tuple(bricks[::-1]))
        found[cell[:, 2], cell[:, 1], cell[:, 0]] = modulus
        for axis in range(3):
            found = np.repeat(found, task.degree, axis=axis)
        moduli.append(found)
    counts = bricks * task.degree
    at = np.rint(places * counts / lengths).astype(np.int64)
    order = np.ravel_multi_index(tuple(at.T[::-1]), tuple(counts[::-1] + 1))
    held = np.zeros((3, 2, 3), dtype=bool)
    for axis in range(3):
        for side, place in enumerate((0, counts[axis])):
            held[axis, side] = ~is_free[at[:, axis] == place].any(axis=0)
    return Lattice(tuple(counts.tolist()), lengths, moduli[0], moduli[1], held), np.asarray(order)
