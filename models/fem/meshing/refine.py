"""Finer meshes: which cell each new one is a part of, and boundaries that keep their names."""

from __future__ import annotations

import numpy as np
from skfem import Mesh, MeshTet

from models.base import Array


def divided(mesh: Mesh) -> tuple[Mesh, Array]:
    """Every cell in 4 (plane) or 8 (space); and (new cells,) the cell that each is a part of."""
    finer = type(mesh)(mesh.p, mesh.t).refined(1)
    if isinstance(mesh, MeshTet):  # its inner octahedra are cut as they are best cut, in no fixed order
        return _inherited(mesh, finer, _surrounding(mesh, finer))
    return _inherited(mesh, finer, np.tile(np.arange(mesh.nelements), finer.nelements // mesh.nelements))


def bisected(mesh: Mesh, marked: Array) -> tuple[Mesh, Array]:
    """The marked simplices divided, and others as far as nodes would hang (Rivara 1984, IJNME 20: longest edges)."""
    finer = type(mesh)(mesh.p, mesh.t).refined(np.unique(marked))
    return _inherited(mesh, finer, _surrounding(mesh, finer))


def _surrounding(mesh: Mesh, finer: Mesh) -> Array:
    return np.asarray(mesh.element_finder()(*finer.p[:, finer.t].mean(axis=1)), np.int64)


def _inherited(mesh: Mesh, finer: Mesh, parents: Array) -> tuple[Mesh, Array]:
    """The finer mesh with the boundaries of the mesh, and the parents.

    A new facet of the boundary lies in that facet of its cell's parent in whose plane its middle is.
    """
    facets = finer.boundary_facets()
    cells = parents[finer.f2t[0, facets]]
    middles = finer.p[:, finer.facets[:, facets]].mean(axis=1)
    reference = np.asarray(mesh.mapping().invF(middles[:, :, None], tind=cells))[:, :, 0]
    local = np.argmin([np.abs(_offset(corners, reference)) for corners in _planes(mesh)], axis=0)
    origin = np.asarray(mesh.t2f)[local, cells]
    named = {name: facets[np.isin(origin, old)] for name, old in (mesh.boundaries or {}).items()}
    return finer.with_boundaries(named), parents


def _planes(mesh: Mesh) -> list[Array]:
    """Of each facet of the reference cell as many corners (d, d) as span its plane, a row for each."""
    reference = mesh.elem.refdom
    return [reference.p[:, corners[: mesh.dim()]].T for corners in reference.facets]


def _offset(corners: Array, places: Array) -> Array:
    """(n,): how far places (d, n) are from the plane through the corners, in units of reference cells."""
    edges = corners[1:] - corners[0]
    normal = np.array([edges[0, 1], -edges[0, 0]]) if len(corners) == 2 else np.cross(*edges)
    return np.asarray(normal @ (places - corners[0][:, None]) / np.linalg.norm(normal))
