"""A wave problem on its mesh: the complex system, and what is prescribed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix
from skfem import Basis, FacetBasis, Mesh

from models.base import Array
from models.fem.domain.basis import quadrature_order, scalar_basis
from models.fem.domain.cellwise import on_cells
from models.fem.domain.conditions import Condition
from models.fem.domain.expression import Expression
from models.fem.domain.formula import ONE, ZERO
from models.fem.domain.posed import coordinates, prescribed
from models.fem.domain.surface import pieces
from models.fem.helmholtz import form
from models.fem.helmholtz.task import HelmholtzTask

_PASSIVE = (
    Expression("1", "conditions", ONE),
    Expression("0", "conditions", ZERO),
)


@dataclass(frozen=True, eq=False)
class Impedance:
    """A part of the boundary on which c² ∂u/∂n = iωcβ u."""

    facets: FacetBasis
    beta: Array  # (facets, quadrature points), complex
    c: Array  # (facets, 1)

    @property
    def cells(self) -> Array:
        """(facets,)"""
        return np.asarray(self.facets.tind)


@dataclass(frozen=True, eq=False)
class Problem:
    """A u = f, complex, with values on the fixed unknowns."""

    basis: Basis
    omega: float
    c: Array  # (cells, 1)
    eta: Array  # (cells, 1)
    impedances: tuple[Impedance, ...]
    matrix: csr_matrix
    load: Array
    fixed: Array
    values: Array


def problem(task: HelmholtzTask, mesh: Mesh) -> Problem:
    """Raises `Refusal` UNKNOWN_BOUNDARY, NOT_FINITE or OUT_OF_RANGE."""
    basis = scalar_basis(task, mesh)
    omega = task.angular_frequency
    c, eta = on_cells(task.wave_speed, mesh.nelements), on_cells(task.damping, mesh.nelements)
    conditions = [_explicit(condition) for condition in task.read_conditions()]
    matrix = form.wave.assemble(basis, c=c, eta=eta, omega=omega)
    load = form.load.assemble(basis, f=_source(task, basis))
    order = quadrature_order(task)
    for piece in pieces(basis, conditions, "q", order):
        load += form.load.assemble(piece.facets, f=_complex(piece.values()))
    impedances = []
    for piece in pieces(basis, conditions, "beta", order):
        found = Impedance(piece.facets, _complex(piece.not_negative()), c[piece.cells])
        matrix += form.impedance.assemble(found.facets, omega=omega, c=found.c, beta=found.beta)
        impedances.append(found)
    fixed, values = _prescribed(basis, conditions)
    return Problem(basis, omega, c, eta, tuple(impedances), matrix, load, fixed, values)


def _explicit(condition: Condition) -> Condition:
    """`absorb` is β = 1."""
    return replace(condition, quantity="beta", values=_PASSIVE) if condition.quantity == "absorb" else condition


def _source(task: HelmholtzTask, basis: Basis) -> Array:
    places = np.asarray(basis.global_coordinates())
    parts = [formula(coordinates(places), places.shape[1:]) for formula in task.read_source()]
    return _complex(parts)


def _prescribed(basis: Basis, conditions: Sequence[Condition]) -> tuple[Array, Array]:
    parts = []
    for part in (0, 1):
        real = [replace(each, values=each.values[part : part + 1]) for each in conditions if each.quantity == "u"]
        fixed, values = prescribed(basis, real, "u")
        parts.append(values)
    return fixed, _complex(parts)


def _complex(parts: Array | Sequence[Array]) -> Array:
    """From its real part, and its imaginary one if any."""
    return np.asarray(parts[0] + 1j * parts[1] if len(parts) == 2 else parts[0] + 0j)
