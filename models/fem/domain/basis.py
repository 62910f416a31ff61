"""The basis of a task's element on its mesh, with a quadrature that integrates a product of two shape functions."""

from __future__ import annotations

from skfem import Basis, Mesh

from models.fem.domain.elements import SIMPLICES, scalar_element, vector_element
from models.fem.domain.task import DomainTask


def scalar_basis(task: DomainTask, mesh: Mesh) -> Basis:
    return Basis(mesh, scalar_element(task.cell_kind, task.degree), intorder=quadrature_order(task))


def vector_basis(task: DomainTask, mesh: Mesh) -> Basis:
    return Basis(mesh, vector_element(task.cell_kind, task.degree), intorder=quadrature_order(task))


def quadrature_order(task: DomainTask) -> int:
    """Bricks take p + 1 Gauss points along each axis; scikit-fem's own choice would be 343 in a Q2 hexahedron."""
    return 2 * task.degree if task.cell_kind in SIMPLICES else 2 * task.degree + 1
