"""How well cells are shaped, and which way they turn."""

from __future__ import annotations

from itertools import combinations
from math import sqrt

import numpy as np
from skfem import Mesh, MeshHex, MeshQuad, MeshTet, MeshTri

from models.base import Array
from models.fem.domain.jacobians import corner_jacobians

# The Jacobian of the map from scikit-fem's reference cell onto the equilateral or cubic cell of edge 1.
_IDEAL = {MeshTri: sqrt(3) / 2, MeshQuad: 1.0, MeshTet: sqrt(2) / 2, MeshHex: 1.0}


def quality(mesh: Mesh) -> Array:
    """(cells,) in (0, 1]: 1 for equilateral simplices, squares and cubes (Knupp 2001, SIAM J. Sci. Comput. 23(1))."""
    places = mesh.p[:, mesh.t]  # (d, corners, cells)
    pairs = combinations(range(places.shape[1]), 2)
    longest = np.max([np.sum((places[:, i] - places[:, j]) ** 2, axis=0) for i, j in pairs], axis=0)
    if isinstance(mesh, MeshQuad | MeshHex):
        longest = longest / mesh.dim()  # of a cube the longest is the diagonal
    best = _IDEAL[type(mesh)] * np.sqrt(longest) ** mesh.dim()
    return np.asarray(np.abs(corner_jacobians(mesh)).min(axis=1) / best)


def positive(mesh: Mesh) -> Array:
    """(cells, corners): scikit-fem's corners of each cell, mirrored where it would turn negatively."""
    cells = mesh.t.T.copy()
    # The corners of the reference hexahedron, read in VTK's order, turn negatively.
    turn = -1 if isinstance(mesh, MeshHex) else 1
    negative = turn * corner_jacobians(mesh)[:, 0] < 0
    # A mirror image of the reference cell by exchanging two axes: see the corners of scikit-fem's.
    mirrored = {MeshTri: [0, 2, 1], MeshQuad: [0, 3, 2, 1], MeshTet: [0, 2, 1, 3], MeshHex: [0, 2, 1, 3, 4, 6, 5, 7]}
    cells[negative] = cells[negative][:, mirrored[type(mesh)]]
    return np.asarray(cells)
