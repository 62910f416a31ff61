"""Which way cells turn, and how much: the Jacobian of the map from scikit-fem's reference cell."""

from __future__ import annotations

import numpy as np
from skfem import Mesh
from skfem.mapping import MappingAffine

from models.base import Array


def corner_jacobians(mesh: Mesh) -> Array:
    """(cells, corners): its determinant at the corners. A cell is sound where all have one sign."""
    corners = mesh.elem.refdom.p
    mapping = mesh.mapping()
    with np.errstate(all="ignore"):  # of flat cells, which the map's inverse divides by
        determinant = np.asarray(mapping.detDF(corners))
    if isinstance(mapping, MappingAffine):
        return np.broadcast_to(determinant.reshape(mesh.nelements, -1), (mesh.nelements, corners.shape[1]))
    return determinant
