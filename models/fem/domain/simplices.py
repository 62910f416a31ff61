"""A triangulation of `models.fem.mesh` or `models.fem.tetrahedra` as a mesh of this package, numbered as it is there.

Both number edges as sorted pairs of nodes in lexicographic order, so that points of degree 2 agree, too.
"""

from __future__ import annotations

import numpy as np
from skfem import Mesh

from models.base import Array
from models.fem.domain.build import WHOLE
from models.fem.domain.shapes import MESHES, SIDES
from models.fem.simplicial import Simplicial


def simplex_mesh(given: Simplicial, *, is_box: bool) -> Mesh:
    """With the boundary of the whole and, of a box, its sides."""
    d = given.nodes.shape[1]
    make = MESHES["triangle" if d == 2 else "tetrahedron"]
    mesh = make(np.ascontiguousarray(given.nodes.T), np.ascontiguousarray(given.cells.T))
    named = {WHOLE: mesh.boundary_facets()}
    return mesh.with_boundaries({**named, **(_sides(mesh) if is_box else {})})


def _sides(mesh: Mesh) -> dict[str, Array]:
    facets = mesh.boundary_facets()
    places = mesh.p[:, mesh.facets[:, facets]]  # (d, corners, facets)
    sides = {}
    for axis, names in enumerate(SIDES[mesh.dim() - 2]):
        for name, end in zip(names, (mesh.p[axis].min(), mesh.p[axis].max()), strict=True):
            sides[name] = facets[(places[axis] == end).all(axis=0)]
    return sides
