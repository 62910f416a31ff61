"""The value of a functional that a caller wrote, and its slopes by the field and by the coefficients it speaks of.

Slopes are those of the quadrature, by the derivative of the formula's tree: J'(u)[v] is a formula that is linear in v,
and is assembled like any load. So a gradient by the discrete adjoint is exact to round-off; at a kink (of abs, max,
min, where) it is that of one side.

A flux through a boundary is the integral of the discrete gradient: its error is of the order of the element's degree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from skfem import Basis, FacetBasis, LinearForm, Mesh

from models.base import Array, Refusal
from models.fem.domain.elements import kind_of, scalar_element
from models.fem.domain.facets import on_boundary
from models.fem.domain.formula import ONE, ZERO, Name, derivative, evaluate
from models.fem.domain.integrals import CELLS, Integral, leaves, normals
from models.fem.domain.posed import coordinates, named_facets

AnyBasis: TypeAlias = "Basis | FacetBasis"
MOVED = "moved "  # before the leaves of what a component moves by


@dataclass(frozen=True, eq=False)
class Component:
    """One number of the field, at each point of Lagrange elements."""

    name: str
    degree: int
    values: Array  # (points,)


@dataclass(frozen=True, eq=False)
class Functional:
    """Made by `functional`."""

    value: float
    slopes: Mapping[str, Array]  # of a component: dJ by its value at each point
    by_coefficient: Mapping[str, Array]  # (cells,): dJ by it as far as the formulas themselves speak of it


def functional(
    integrals: Sequence[Integral],
    mesh: Mesh,
    components: Sequence[Component],
    coefficients: Mapping[str, Array],
) -> Functional:
    """Coefficients are (cells,). Raises `Refusal` UNKNOWN_BOUNDARY or NOT_FINITE."""
    value = 0.0
    slopes = {each.name: np.zeros(len(each.values)) for each in components}
    by_coefficient = {name: np.zeros(mesh.nelements) for name in coefficients}
    for integral in integrals:
        bases = bases_of(integral, mesh, components)
        known = known_on(bases, components, coefficients)
        dx = bases[0].dx
        value += float(finite(evaluate(integral.node, known) * dx, integral).sum())
        for each, basis in zip(components, bases, strict=True):
            slopes[each.name] += finite(_slope(integral, each.name, basis, known), integral)
        for name, total in by_coefficient.items():
            slope = derivative(integral.node, {name: ONE})
            if slope != ZERO:
                shares = np.broadcast_to(evaluate(slope, known), dx.shape) * dx
                np.add.at(total, _cells(bases[0]), finite(shares, integral).sum(axis=1))
    return Functional(value, slopes, by_coefficient)


def bases_of(integral: Integral, mesh: Mesh, components: Sequence[Component]) -> list[AnyBasis]:
    """One for each component, all with the same points: of two orders more than a mass matrix, as for any formula."""
    order = 2 * max(each.degree for each in components) + 2
    elements = [scalar_element(kind_of(mesh), each.degree) for each in components]
    if integral.place == CELLS:
        first: AnyBasis = Basis(mesh, elements[0], intorder=order)
    else:
        facets = named_facets(mesh, integral.place, integral.field)
        first = on_boundary(Basis(mesh, elements[0], intorder=1), facets, order)
    return [first, *(first.with_element(element) for element in elements[1:])]


def known_on(
    bases: Sequence[AnyBasis], components: Sequence[Component], coefficients: Mapping[str, Array]
) -> dict[str, Array]:
    """Every leaf that formulas may have, at the quadrature points."""
    first = bases[0]
    known = coordinates(np.asarray(first.global_coordinates()))
    n = normal_of(first)
    if n is not None:
        known |= dict(zip(normals(len(n)), (n, *n), strict=True))
    for each, basis in zip(components, bases, strict=True):
        known |= _leaves(each.name, basis.interpolate(each.values), n)
    return known | {name: each[_cells(first)][:, None] for name, each in coefficients.items()}


def _leaves(name: str, field: Any, n: Array | None) -> dict[str, Array]:
    slopes = np.asarray(field.grad)
    values = (np.asarray(field), slopes, *slopes)
    if n is not None:
        values = (*values, np.sum(n * slopes, axis=0))
    return dict(zip(leaves(name, len(slopes), on_boundary=n is not None), values, strict=True))


def _slope(integral: Integral, name: str, basis: AnyBasis, known: Mapping[str, Array]) -> Array:
    """(points,): the derivative along each shape function in the place of the component."""
    n = normal_of(basis)
    own = leaves(name, basis.mesh.dim(), on_boundary=n is not None)
    slope = derivative(integral.node, {leaf: Name(MOVED + leaf) for leaf in own})
    if slope == ZERO:
        return np.zeros(basis.N)

    def along(v: Any, w: Any) -> Array:
        moved = {MOVED + leaf: each for leaf, each in _leaves(name, v, n).items()}
        return evaluate(slope, {**known, **moved})

    return np.asarray(LinearForm(along).assemble(basis))


def normal_of(basis: AnyBasis) -> Array | None:
    """(d, facets, quadrature points); None inside."""
    return np.asarray(basis.normals) if isinstance(basis, FacetBasis) else None


def _cells(basis: AnyBasis) -> Array:
    """The cell of each row of the quadrature."""
    return np.asarray(basis.tind) if isinstance(basis, FacetBasis) else np.arange(basis.mesh.nelements)


def finite(values: Array, integral: Integral) -> Array:
    if not np.isfinite(values).all():
        what = "or its derivative is not finite somewhere on the answer"
        raise Refusal("NOT_FINITE", f"'{integral.text}' {what}", integral.field, {"text": integral.text})
    return values
