"""A body as a system of equations: material at quadrature points, prescribed unknowns, loads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from skfem import Basis, BilinearForm, Mesh
from skfem.helpers import det, dot, inv, transpose

from models.base import Array
from models.fem.check import check_size
from models.fem.domain.conditions import read_conditions
from models.fem.domain.elements import SIMPLICES, vector_element
from models.fem.domain.motions import refuse_parts, refuse_rigid_motions
from models.fem.domain.posed import facets_of, prescribed
from models.fem.domain.vector_loads import body_load, read_vector, traction_load
from models.fem.hyperelasticity.form import deformation, energy, internal_force, stress, tangent
from models.fem.hyperelasticity.task import HyperelasticityTask

_mass = BilinearForm(lambda u, v, w: dot(u, v))


@dataclass(frozen=True, eq=False)
class Body:
    """Made by `body`."""

    basis: Basis
    young: Array  # (cells,)
    poisson: Array  # (cells,)
    fixed: Array  # the prescribed unknowns, increasing
    values: Array  # theirs under the whole load
    load: Array  # the whole
    mass: csr_matrix  # loads of forces at points

    @property
    def shear(self) -> Array:
        """μ (cells, 1)."""
        return np.asarray(self.young / (2 * (1 + self.poisson)))[:, None]

    @property
    def lame(self) -> Array:
        """λ (cells, 1)."""
        return np.asarray(self.young * self.poisson / ((1 + self.poisson) * (1 - 2 * self.poisson)))[:, None]

    @property
    def free(self) -> Array:
        is_free = np.ones(self.basis.N, dtype=bool)
        is_free[self.fixed] = False
        return np.flatnonzero(is_free)

    def prescribed(self, share: float) -> Array:
        return np.asarray(share * self.values)

    def force(self, share: float) -> Array:
        return np.asarray(share * self.load)

    def deformation(self, u: Array) -> Array:
        """F (d, d, cells, quadrature points) of the unknowns u."""
        return deformation(np.asarray(self.basis.interpolate(u).grad))

    def potential(self, u: Array, share: float) -> float:
        """The energy stored less the work of the loads; infinite where matter is turned inside out."""
        stored = energy(self.deformation(u), self.lame, self.shear)
        return float(np.sum(stored * self.basis.dx) - share * self.load @ u)

    def residual(self, u: Array, share: float) -> Array:
        """(unknowns,): internal less external forces; on prescribed unknowns the reactions."""
        P = stress(self.deformation(u), self.lame, self.shear)
        return np.asarray(internal_force.assemble(self.basis, stress=P) - share * self.load)

    def tangent(self, u: Array, share: float) -> csr_matrix:
        """The derivative of the residual: dead loads have none."""
        F = self.deformation(u)
        shape = self.basis.dx.shape
        J2 = det(F) ** 2
        return tangent.assemble(
            self.basis,
            G=transpose(inv(F)),
            shear=np.broadcast_to(self.shear, shape),
            swapped=self.shear - self.lame / 2 * (J2 - 1),
            bulk=self.lame * J2,
        )


def body(task: HyperelasticityTask, mesh: Mesh) -> Body:
    """Raises `Refusal` for what is wrong with the mesh, the conditions or the sizes, SINGULAR_PROBLEM included."""
    d = task.dimension
    names = ("x", "y", "z")[:d]
    conditions = read_conditions(task.conditions, {"u": d, "traction": d}, names)
    force = read_vector(task.force, d, names, "force")
    for name, values in (("young_modulus", task.young_modulus), ("poisson_ratio", task.poisson_ratio)):
        check_size(name, values, (1, mesh.nelements), "one value, or one per cell")
    refuse_parts(mesh)
    for condition in conditions:
        facets_of(mesh, condition)
    # Not polynomial: twice the degree of the strain on simplices, and of each direction elsewhere, as is usual.
    basis = Basis(mesh, vector_element(task.cell_kind, task.degree), intorder=_order(task))
    fixed, values = prescribed(basis, conditions, "u")
    refuse_rigid_motions(basis, fixed)
    load = body_load(basis, force) + traction_load(basis, conditions, 2 * task.degree + 1)
    mass = _mass.assemble(basis)
    if task.point_force is not None:
        check_rows("point_force", task.point_force, basis)
        load = load + mass @ task.point_force.ravel()
    return Body(
        basis,
        np.broadcast_to(task.young_modulus, mesh.nelements),
        np.broadcast_to(task.poisson_ratio, mesh.nelements),
        fixed,
        values,
        load,
        mass,
    )


def check_rows(name: str, array: Array, basis: Basis) -> None:
    """Raises `Refusal` WRONG_SIZE where it has not a row per point, and a column per component."""
    d = basis.mesh.dim()
    check_size(name, array, (basis.N // d,), "a row per point")
    check_size(name, array[0], (d,), "a column per component")


def _order(task: HyperelasticityTask) -> int:
    return 2 * task.degree if task.cell_kind in SIMPLICES else 2 * task.degree + 1
