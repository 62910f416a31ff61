"""Where the cells of a mesh add to the global matrix of a vector field: the sparsity of d × d blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import bsr_array

from models.base import Array


@dataclass(frozen=True, eq=False)
class BlockPattern:
    """One block for each pair of points that share a cell. The components of a point are neighbours in the matrix."""

    starts: Array  # (points + 1,): where each row's blocks begin
    columns: Array  # (blocks,)
    places: Array  # (cells · count²,): the block that entry (i, j) of each cell's matrix is added to

    def sum(self, local: Array) -> Array:
        """(blocks,): the sum over cells of local (cells, count²), for one component of the blocks."""
        return np.bincount(self.places, weights=local.ravel(), minlength=len(self.columns))

    def matrix(self, blocks: Array) -> bsr_array:
        """The matrix with these blocks (blocks, d, d)."""
        size = (len(self.starts) - 1) * blocks.shape[1]
        return bsr_array((blocks, self.columns, self.starts), shape=(size, size))


def block_pattern(cell_points: Array) -> BlockPattern:
    """The pattern of cells with these points (cells, count)."""
    point_count, count = int(cell_points.max()) + 1, cell_points.shape[1]
    rows, columns = np.repeat(cell_points, count, axis=1), np.tile(cell_points, count)
    keys, places = np.unique((rows * point_count + columns).ravel(), return_inverse=True)
    starts = np.searchsorted(keys, np.arange(point_count + 1) * point_count)
    return BlockPattern(starts.astype(np.int32), (keys % point_count).astype(np.int32), places)
