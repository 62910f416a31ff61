"""Nonlinear diffusion as a system of equations: law, prescribed unknowns, loads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from skfem import Basis, Mesh

from models.base import Array, Refusal
from models.fem.check import check_size
from models.fem.domain.conditions import Condition, read_conditions
from models.fem.domain.elements import scalar_element
from models.fem.domain.expression import parse
from models.fem.domain.motions import refuse_parts
from models.fem.domain.posed import coordinates, facet_basis, facets_of, on_facets, prescribed
from models.fem.nonlinear_diffusion.form import flow, load, mass, tangent
from models.fem.nonlinear_diffusion.law import Formula, Law, Power, State
from models.fem.nonlinear_diffusion.task import NonlinearDiffusionTask


@dataclass(frozen=True, eq=False)
class Problem:
    """Made by `problem`."""

    basis: Basis
    law: Law
    conductivity: Array  # (cells,)
    fixed: Array
    values: Array
    load: Array
    mass: csr_matrix

    @property
    def k(self) -> Array:
        """(cells, 1)"""
        return self.conductivity[:, None]

    @property
    def free(self) -> Array:
        is_free = np.ones(self.basis.N, dtype=bool)
        is_free[self.fixed] = False
        return np.flatnonzero(is_free)

    def prescribed(self, share: float) -> Array:
        return self.values

    def force(self, share: float) -> Array:
        return self.load

    def slope(self, u: Array) -> Array:
        """∇u (d, cells, quadrature points)"""
        return np.asarray(self.basis.interpolate(u).grad)

    def state(self, u: Array) -> State:
        return State(
            np.asarray(self.basis.interpolate(u)),
            np.sum(self.slope(u) ** 2, axis=0),
            np.asarray(self.basis.global_coordinates()),
        )

    def residual(self, u: Array, share: float) -> Array:
        """(unknowns,)"""
        kc = self.k * self.law.coefficient(self.state(u), share)
        return np.asarray(flow.assemble(self.basis, kc=kc, slope=self.slope(u)) - self.load)

    def tangent(self, u: Array, share: float) -> csr_matrix:
        """The derivative of the residual; not symmetric where c depends on u."""
        state = self.state(u)
        return tangent.assemble(
            self.basis,
            slope=self.slope(u),
            kc=self.k * self.law.coefficient(state, share),
            steep=self.k * self.law.by_steepness(state, share),
            value=self.k * self.law.by_value(state, share),
        )

    def potential(self, u: Array, share: float) -> float | None:
        """What the solution minimises; None where there is nothing."""
        density = self.law.potential(self.state(u), share)
        return None if density is None else float(np.sum(self.k * density * self.basis.dx) - self.load @ u)


def problem(task: NonlinearDiffusionTask, mesh: Mesh) -> Problem:
    """Raises `Refusal` for what is wrong with the mesh, the conditions, the formulas or the sizes."""
    conditions = read_conditions(task.conditions, {"u": 1, "q": 1}, task.coordinates)
    law = _law(task)
    source = parse(task.source, task.coordinates, "source") if task.source.strip() else None
    check_size("conductivity", task.conductivity, (1, mesh.nelements), "one value, or one per cell")
    refuse_parts(mesh)
    for condition in conditions:
        facets_of(mesh, condition)
    # The law is no polynomial: two more than what is exact for a mass matrix.
    basis = Basis(mesh, scalar_element(task.cell_kind, task.degree), intorder=2 * task.degree + 2)
    fixed, values = prescribed(basis, conditions, "u")
    if len(fixed) == 0:
        raise Refusal(
            "SINGULAR_PROBLEM", "prescribe u nowhere, so that it is determined up to a constant", "conditions"
        )
    M = mass.assemble(basis)
    right = _flux_load(basis, conditions)
    if source is not None:
        places = np.asarray(basis.global_coordinates())
        right = right + load.assemble(basis, f=source(coordinates(places), places.shape[1:]))
    if task.point_source is not None:
        check_size("point_source", task.point_source, (basis.N,), "a value per point")
        right = right + M @ task.point_source
    return Problem(basis, law, np.broadcast_to(task.conductivity, mesh.nelements), fixed, values, right, M)


def _law(task: NonlinearDiffusionTask) -> Law:
    if task.law == "power":
        return Power(task.exponent, task.regularisation)
    names = ("u", *task.coordinates)
    coefficient = parse(task.coefficient, names, "coefficient")
    return Formula(coefficient, coefficient.derivative("u"))


def _flux_load(basis: Basis, conditions: tuple[Condition, ...]) -> Array:
    total = np.zeros(basis.N)
    for condition in conditions:
        if condition.quantity == "q":
            facets = facet_basis(basis, condition, 5)
            total += load.assemble(facets, f=on_facets(facets, condition)[0])
    return total
