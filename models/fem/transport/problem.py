"""A transport problem on its mesh: coefficients at the quadrature points, the system, and what is prescribed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from skfem import Basis, Mesh

from models.base import Array
from models.fem.domain.basis import quadrature_order, scalar_basis
from models.fem.domain.cellwise import on_cells
from models.fem.domain.curvature import with_second_derivatives
from models.fem.domain.posed import coordinates, prescribed
from models.fem.domain.surface import pieces
from models.fem.transport import form
from models.fem.transport.stabilisation import Stabilisation, none, supg
from models.fem.transport.task import TransportTask


@dataclass(frozen=True, eq=False)
class Problem:
    """A u = f with values on the fixed unknowns."""

    basis: Basis  # with second derivatives where SUPG is at work
    k: Array  # (cells, 1)
    b: Array  # (d, cells, quadrature points)
    c: Array  # (cells, 1)
    f: Array  # (cells, quadrature points)
    stabilisation: Stabilisation
    matrix: csr_matrix
    load: Array
    fixed: Array
    values: Array


def problem(task: TransportTask, mesh: Mesh) -> Problem:
    """Raises `Refusal` UNKNOWN_BOUNDARY, NOT_FINITE or OUT_OF_RANGE."""
    basis = scalar_basis(task, mesh)
    count = mesh.nelements
    k, c = on_cells(task.diffusivity, count), on_cells(task.reaction, count)
    places = np.asarray(basis.global_coordinates())
    b, shape = _velocity(task, places), places.shape[1:]
    f = task.read_source()(coordinates(places), shape) + on_cells(task.cell_source, count)
    if task.stabilisation == "supg" and b.any():
        added = supg(basis, task.cell_kind, task.degree, k, b, c)
    else:
        added = none(basis, task.cell_kind, task.degree, k, b)
    conditions = task.read_conditions()
    fixed, values = prescribed(basis, conditions, "u")
    if added.is_active:
        basis = with_second_derivatives(basis)
    matrix, load = _system(basis, k, b, c, f, added)
    order = quadrature_order(task)
    for piece in pieces(basis, conditions, "q", order):
        load += form.surface_load.assemble(piece.facets, q=piece.values()[0])
    for piece in pieces(basis, conditions, "h", order):
        h, outside = piece.not_negative()
        matrix += form.exchange.assemble(piece.facets, h=h)
        load += form.surface_load.assemble(piece.facets, q=h * outside)
    return Problem(basis, k, b, c, f, added, matrix, load, fixed, values)


def _velocity(task: TransportTask, places: Array) -> Array:
    """(d, cells, quadrature points)"""
    b = np.zeros_like(places)
    for axis, formula in enumerate(task.read_velocity()):
        b[axis] = formula(coordinates(places), places.shape[1:])
    return b if task.cell_velocity is None else b + task.cell_velocity.T[:, :, None]


def _system(basis: Basis, k: Array, b: Array, c: Array, f: Array, added: Stabilisation) -> tuple[csr_matrix, Array]:
    if not b.any():
        matrix = form.diffusion.assemble(basis, k=k, c=c)
    elif added.is_active:
        matrix = form.transport.assemble(basis, k=k, b=b, c=c, tau=added.tau)
    else:
        matrix = form.galerkin.assemble(basis, k=k, b=b, c=c)
    return matrix, form.load.assemble(basis, f=f, b=b, tau=added.tau)
