"""Integrals over named boundaries: each facet belongs to the last condition that speaks of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from skfem import Basis, FacetBasis

from models.base import Array, Refusal
from models.fem.domain.conditions import Condition
from models.fem.domain.facets import on_boundary
from models.fem.domain.posed import Extra, facets_of, on_facets

_NONE: Extra = {}


@dataclass(frozen=True, eq=False)
class Piece:
    """The facets on which one condition holds."""

    facets: FacetBasis
    condition: Condition

    def values(self, extra: Extra = _NONE) -> Array:
        """(components, facets, quadrature points)"""
        return on_facets(self.facets, self.condition, extra)

    def not_negative(self, extra: Extra = _NONE) -> Array:
        """The values, where the first component, a coefficient, is nowhere below 0. Raises `Refusal` OUT_OF_RANGE."""
        values = self.values(extra)
        if (values[0] < 0).any():
            lowest, what = str(values[0].min()), self.condition.quantity
            field = self.condition.values[0].field
            raise Refusal("OUT_OF_RANGE", f"{what} is {lowest} somewhere; send {what} >= 0", field, {"value": lowest})
        return values

    @property
    def cells(self) -> Array:
        """(facets,): the cell at each."""
        return np.asarray(self.facets.tind)


def pieces(basis: Basis, conditions: Sequence[Condition], quantity: str, order: int) -> Iterator[Piece]:
    """Of conditions on this quantity, each of which gives all of its components. Raises `Refusal` UNKNOWN_BOUNDARY."""
    said = [(each, facets_of(basis.mesh, each)) for each in conditions if each.quantity == quantity]
    for at, (condition, facets) in enumerate(said):
        later = [others for _, others in said[at + 1 :]]
        left = np.setdiff1d(facets, np.concatenate(later)) if later else facets
        if len(left):
            yield Piece(on_boundary(basis, left, order), condition)
