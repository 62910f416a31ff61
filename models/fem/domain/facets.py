"""Bases on facets of the boundary, wherever the mesh lies.

scikit-fem looks for a facet's quadrature points in its cell by Newton's method, to 1e-12 of the cell and never less. A
hundred thousand cells away from the origin round-off is larger, and it raises. On quadrilaterals and hexahedra the map
of a facet is that of its cell on this side of the reference, so that there is nothing to look for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from skfem import Basis, Element, ElementLineP1, ElementQuad1, ElementTriP1, FacetBasis
from skfem.mapping import MappingAffine, MappingIsoparametric
from skfem.quadrature import get_quadrature
from skfem.refdom import Refdom, RefLine, RefQuad, RefTri

from models.base import Array

_STRAIGHT: Mapping[type[Refdom], type[Element]] = {
    RefLine: ElementLineP1,
    RefTri: ElementTriP1,
    RefQuad: ElementQuad1,
}


def on_boundary(basis: Basis, facets: Array, order: int | None = None) -> FacetBasis:
    """For integrals over these facets; twice the element's degree is integrated where `order` is absent."""
    if isinstance(basis.mapping, MappingAffine):
        return basis.boundary(facets, intorder=order)
    mesh = basis.mesh
    X, W = get_quadrature(mesh.brefdom, 2 * basis.elem.maxdeg if order is None else order)
    mapping = _OnFacets(mesh, mesh.elem(), mesh.bndelem)
    mapping.places = _in_cells(mapping, X, facets)
    return FacetBasis(mesh, basis.elem, mapping=mapping, facets=facets, quadrature=(X, W), dofs=basis.dofs)


class _OnFacets(MappingIsoparametric):  # type: ignore[misc]
    """The mapping of a mesh for points on certain facets, which are known on the reference cell."""

    places: Array  # (d, facets, points)

    def invF(self, x: Array, tind: Any = None, newton_max_iters: int = 0, newton_tol: float = 0.0) -> Array:
        return self.places


def _in_cells(mapping: MappingIsoparametric, X: Array, facets: Array) -> Array:
    """(d, facets, points): reference coordinates in its cell of the points X (d − 1, points) of each facet."""
    mesh = mapping.mesh
    cells = mesh.f2t[0, facets]
    is_corner = mesh.facets[:, None, facets] == mesh.t[None][:, :, cells]  # (corners of facet, of cell, facets)
    corners = mesh.elem.refdom.p[:, np.argmax(is_corner, axis=1)]  # (d, corners of facet, facets)
    straight = _STRAIGHT[mesh.brefdom]()
    shapes = np.stack([straight.lbasis(X, corner)[0] for corner in range(len(is_corner))])
    return np.asarray(np.einsum("icf,cq->ifq", corners, shapes))
