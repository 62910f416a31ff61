"""What conditions mean on a mesh: values at the unknowns of a basis, and integrals over named boundaries.

For a vector quantity the unknowns of a basis are read component by component, as scikit-fem names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from skfem import Basis, FacetBasis, Mesh

from models.base import Array, Refusal
from models.fem.domain.conditions import Condition
from models.fem.domain.facets import on_boundary

Extra = Mapping[str, float]  # what formulas may speak of besides the coordinates, e.g. t

_NONE: Extra = {}


def facets_of(mesh: Mesh, condition: Condition, field: str = "conditions") -> Array:
    """(n,) facets. Raises `Refusal` UNKNOWN_BOUNDARY."""
    return named_facets(mesh, condition.boundary, condition.values[0].field if condition.values else field)


def named_facets(mesh: Mesh, boundary: str, field: str) -> Array:
    """(n,) facets. Raises `Refusal` UNKNOWN_BOUNDARY, of this field of the task."""
    named = mesh.boundaries or {}
    if boundary not in named:
        known = ", ".join(sorted(named))
        raise Refusal(
            "UNKNOWN_BOUNDARY",
            f"'{boundary}' is no boundary of this mesh; there are {known}",
            field,
            {"boundary": boundary},
        )
    return np.asarray(named[boundary])


def coordinates(places: Array, extra: Extra = _NONE) -> dict[str, Array]:
    """By name, from places (d, ...)."""
    return dict(zip(("x", "y", "z"), places, strict=False)) | {name: np.float64(value) for name, value in extra.items()}


def prescribed(
    basis: Basis, conditions: Iterable[Condition], quantity: str, extra: Extra = _NONE
) -> tuple[Array, Array]:
    """(n,) unknowns of the basis, increasing, and their values: later conditions go over earlier ones."""
    values = np.zeros(basis.N)
    given = np.zeros(basis.N, dtype=bool)
    for condition in conditions:
        if condition.quantity != quantity:
            continue
        dofs = basis.get_dofs(facets_of(basis.mesh, condition))
        for component, formula in enumerate(condition.values):
            axis = component if condition.axis is None else condition.axis
            at = _component(basis, dofs, axis)
            values[at] = formula(coordinates(basis.doflocs[:, at], extra), (len(at),))
            given[at] = True
    numbers = np.flatnonzero(given)
    return numbers, values[numbers]


def facet_basis(basis: Basis, condition: Condition, order: int | None = None) -> FacetBasis:
    """For integrals over the condition's boundary."""
    return on_boundary(basis, facets_of(basis.mesh, condition), order)


def on_facets(facets: FacetBasis, condition: Condition, extra: Extra = _NONE) -> Array:
    """(components, facets, quadrature points): the condition's formulas where a facet basis integrates."""
    places = np.asarray(facets.global_coordinates())
    shape = places.shape[1:]
    return np.stack([formula(coordinates(places, extra), shape) for formula in condition.values])


def _component(basis: Basis, dofs: object, axis: int) -> Array:
    """The unknowns of one component among those of some facets."""
    is_vector = any("^" in name for name in basis.elem.dofnames)
    return np.asarray(dofs.all([f"u^{axis + 1}" if is_vector else "u"]), dtype=np.int64)  # type: ignore[attr-defined]
