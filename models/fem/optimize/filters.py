"""Filters: linear means of a field over neighbouring cells, which give a design a smallest length.

Without one a design has no limit: finer meshes show ever finer structures, down to checkerboards of single cells.
A filter here keeps constants and, but for the edge effects of the first, the volume.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
from scipy.ndimage import correlate
from scipy.sparse import coo_array, csc_array, csr_array, diags_array
from scipy.spatial import cKDTree

from models.base import Array
from models.fem.direct_solvers import analyse
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
    return _mean(lambda x: np.asarray(weights @ x), space.volumes)


def even_cone(counts: tuple[int, ...], lengths: Array, radius: float) -> Filter:
    """`cone` on the bricks of `sampled.bricks`, whose weights are everywhere alike: a correlation that stores none.

    Not by Fourier transforms, whose round-off is that of the largest value: the slopes of a compliance differ by nine
    orders of magnitude, and would lose their signs.
    """
    sides = lengths / counts
    reach = [min(int(radius / side), count - 1) for side, count in zip(sides, counts, strict=True)]
    offsets = np.meshgrid(*(side * np.arange(-r, r + 1) for side, r in zip(sides, reach, strict=True)), indexing="ij")
    kernel = np.maximum(0.0, radius - np.sqrt(sum(offset**2 for offset in offsets))).T  # x runs fastest
    shape = counts[::-1]
    return _mean(
        lambda x: np.asarray(correlate(x.reshape(shape), kernel, mode="constant").ravel()), np.ones(prod(counts))
    )


def _mean(gather: Callable[[Array], Array], volumes: Array) -> Filter:
    """Of symmetric weights times volumes."""
    total = gather(volumes)
    return Filter(lambda x: gather(volumes * x) / total, lambda slope: volumes * gather(slope / total))


def helmholtz(space: Sampled, radius: float) -> Filter:
    """The mean over each cell of the u with −ℓ² Δu + u = x and no flux at the boundary, ℓ = radius / 2√3 (Lazarov &
    Sigmund 2011, Int. J. Numer. Methods Eng. 86, 765-781). As far as `cone` of that radius, and keeps the volume.

    With a lumped mass, and without what couples points the wrong way round (obtuse angles, flat bricks), so that the
    matrix has a positive inverse: densities stay between 0 and 1 on every mesh. Raises `SingularMatrix`.
    """
    points = space.cell_points
    count, size = len(points), int(points.max()) + 1
    cells = np.broadcast_to(np.arange(count)[:, None], points.shape)
    load = csr_array((matrices.load(space).ravel(), (points.ravel(), cells.ravel())), shape=(size, count))
    rows, columns = np.repeat(points, points.shape[1], axis=1), np.tile(points, points.shape[1])
    local = matrices.laplacian(space).ravel()
    coupling = coo_array((local, (rows.ravel(), columns.ravel())), shape=(size, size)).tocsr().tocoo()
    apart = (coupling.row != coupling.col) & (coupling.data < 0)
    links = csr_array((-coupling.data[apart], (coupling.row[apart], coupling.col[apart])), shape=(size, size))
    length = radius / (2 * 3**0.5)
    matrix = csc_array(diags_array(length**2 * links.sum(axis=1) + load.sum(axis=1)) - length**2 * links)
    inverse = analyse(matrix, space.points[:size]).factor(matrix).inverse

    def between(x: Array) -> Array:
        return np.asarray(load.T @ inverse(load @ x))

    return Filter(lambda x: between(x) / space.volumes, lambda slope: between(slope / space.volumes))
