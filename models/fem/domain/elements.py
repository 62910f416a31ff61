"""Which elements there are: by the cells' kind and the degree, for a number or for a vector at each point."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from skfem import (
    Basis,
    Element,
    ElementHex1,
    ElementHex2,
    ElementQuad1,
    ElementQuad2,
    ElementTetP1,
    ElementTetP2,
    ElementTriP1,
    ElementTriP2,
    ElementVector,
    Mesh,
    MeshHex,
)
from skfem.refdom import Refdom, RefHex, RefQuad, RefTet, RefTri

from models.base import Array
from models.fem.domain.build import VTK_HEXAHEDRON

LAGRANGE: Mapping[tuple[str, int], type[Element]] = {
    ("triangle", 1): ElementTriP1,
    ("triangle", 2): ElementTriP2,
    ("quadrilateral", 1): ElementQuad1,
    ("quadrilateral", 2): ElementQuad2,
    ("tetrahedron", 1): ElementTetP1,
    ("tetrahedron", 2): ElementTetP2,
    ("hexahedron", 1): ElementHex1,
    ("hexahedron", 2): ElementHex2,
}
SIMPLICES = ("triangle", "tetrahedron")
_KINDS: Mapping[type[Refdom], str] = {
    RefTri: "triangle",
    RefQuad: "quadrilateral",
    RefTet: "tetrahedron",
    RefHex: "hexahedron",
}


def element_name(kind: str, degree: int) -> str:
    return f"{'P' if kind in SIMPLICES else 'Q'}{degree}"


def kind_of(mesh: Mesh) -> str:
    """What its cells are."""
    return _KINDS[mesh.refdom]


def scalar_element(kind: str, degree: int) -> Element:
    return LAGRANGE[kind, degree]()


def vector_element(kind: str, degree: int) -> Element:
    """As many components as the cells have dimensions."""
    return ElementVector(LAGRANGE[kind, degree]())


def points(basis: Basis) -> Array:
    """(points, d): where the unknowns of a scalar basis live."""
    return np.ascontiguousarray(basis.doflocs.T)


def cell_points(basis: Basis) -> Array:
    """(cells, n): the points of each cell of a scalar basis, in VTK's order: corners; for degree 2 then the middles of
    edges, of faces, and of the cell, as far as the element has points there."""
    dofs = basis.element_dofs.T
    if isinstance(basis.mesh, MeshHex):  # the others agree
        dofs = dofs[:, VTK_HEXAHEDRON[: dofs.shape[1]]]
    return np.ascontiguousarray(dofs, np.int64)


def names(mesh: Mesh) -> tuple[str, ...]:
    """Of the coordinates, as formulas spell them."""
    return ("x", "y", "z")[: mesh.dim()]
