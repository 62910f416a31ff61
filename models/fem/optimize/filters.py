"""Filters: linear means of a field over neighbouring cells, which give a design a smallest length.

Without one a design has no limit: finer meshes show ever finer structures, down to checkerboards of single cells.
A filter here keeps constants and, but for the edge effects of the first, the volume.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.spatial import cKDTree

from models.base import Array
from models.fem import direct
from models.fem.optimize import matrices
from models.fem.optimize.sampled import Sampled


@dataclass(frozen=True, eq=False)
class Filter:
    apply: Callable[[Array], Array]  # (cells,) -> (cells,)
    pull_back: Callable[[Array], Array]  # its transpose: derivatives by the filtered field to those by the field


def none() -> Filter:
    return Filter(np.asarray, np.asarray)


def cone(space: Sampled, radius: float) -> Filter:
    """Weights v_j max(0, radius − distance of the centres), their sum being 1 (Bruns & Tortorelli 2001, Comput. Methods
    Appl. Mech. Eng. 190, 3443-3459; Bourdin 2001, Int. J. Numer. Methods Eng. 50, 2143-2158)."""
    tree = cKDTree(space.centers)
    near = tree.sparse_distance_matrix(tree, radius, output_type="coo_matrix")
    count = len(space.centers)
    weights = csr_array((radius - near.data, (near.row, near.col)), shape=(count, count))
    weights = weights @ diags_array(space.volumes)
    mean = csr_array(diags_array(1 / weights.sum(axis=1)) @ weights)
    back = csr_array(mean.T)
    return Filter(lambda x: np.asarray(mean @ x), lambda slope: np.asarray(back @ slope))


def helmholtz(space: Sampled, radius: float) -> Filter:
    """The mean over each cell of the u with −ℓ² Δu + u = x and no flux at the boundary, ℓ = radius / 2√3 (Lazarov &
    Sigmund 2011, Int. J. Numer. Methods Eng. 86, 765-781). As far as `cone` of that radius, and keeps the volume.

    Raises `SingularMatrix`.
    """
    points = space.cell_points
    count, size = len(points), int(points.max()) + 1
    length = radius / (2 * 3**0.5)
    local = length**2 * matrices.laplacian(space) + matrices.mass(space)
    rows, columns = np.repeat(points, points.shape[1], axis=1), np.tile(points, points.shape[1])
    matrix = coo_array((local.ravel(), (rows.ravel(), columns.ravel())), shape=(size, size)).tocsr()
    cells = np.broadcast_to(np.arange(count)[:, None], points.shape)
    load = csr_array((matrices.load(space).ravel(), (points.ravel(), cells.ravel())), shape=(size, count))
    inverse = direct.factor(matrix).inverse

    def between(x: Array) -> Array:
        return np.asarray(load.T @ inverse(load @ x))

    return Filter(lambda x: between(x) / space.volumes, lambda slope: between(slope / space.volumes))
