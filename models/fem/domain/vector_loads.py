"""Forces in weak forms of vector unknowns: ∫ f·v over the cells and ∫ t·v over boundaries, both from formulas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from skfem import Basis, LinearForm
from skfem.helpers import dot

from models.base import Array, Refusal
from models.fem.domain.conditions import Condition, split_formulas
from models.fem.domain.expression import Expression, parse
from models.fem.domain.posed import Extra, coordinates, facet_basis, on_facets

_STEADY: Extra = {}

_load = LinearForm(lambda v, w: dot(w.f, v))


def read_vector(text: str, dimension: int, names: tuple[str, ...], field: str) -> tuple[Expression, ...]:
    """One formula for each component; none where the text is empty. Raises `Refusal` MALFORMED_EXPRESSION."""
    if not text.strip():
        return ()
    formulas = split_formulas(text)
    if len(formulas) != dimension:
        raise Refusal(
            "MALFORMED_EXPRESSION",
            f"has {len(formulas)} formulas; send {dimension}, separated by commas",
            field,
            {"found": str(len(formulas))},
        )
    return tuple(parse(formula, names, field) for formula in formulas)


def body_load(basis: Basis, force: Sequence[Expression], extra: Extra = _STEADY) -> Array:
    """(unknowns,): of f with one formula for each component, or none."""
    if not force:
        return np.zeros(basis.N)
    places = np.asarray(basis.global_coordinates())
    f = np.stack([formula(coordinates(places, extra), places.shape[1:]) for formula in force])
    return np.asarray(_load.assemble(basis, f=f))


def traction_load(basis: Basis, conditions: Iterable[Condition], order: int, extra: Extra = _STEADY) -> Array:
    """(unknowns,): of the conditions on `traction`, integrated exactly where the integrand is of this order."""
    load = np.zeros(basis.N)
    for condition in conditions:
        if condition.quantity == "traction":
            facets = facet_basis(basis, condition, order)
            given = on_facets(facets, condition, extra)
            if condition.axis is not None:
                alone = np.zeros((basis.mesh.dim(), *given.shape[1:]))
                alone[condition.axis] = given[0]
                given = alone
            load += _load.assemble(facets, f=given)
    return load
