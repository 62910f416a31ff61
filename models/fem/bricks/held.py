"""A matrix of blocks whose prescribed rows and columns are emptied but for their diagonal."""

from __future__ import annotations

from scipy.sparse import bsr_array

from models.base import Array
from models.fem.compiled import compiled


def held(matrix: bsr_array, is_free: Array) -> bsr_array:
    """With is_free (points, d); the pattern stays."""
    if is_free.all():
        return matrix
    blocks = matrix.data.copy()
    empty(matrix.indptr, matrix.indices, blocks, is_free)
    return bsr_array((blocks, matrix.indices, matrix.indptr), shape=matrix.shape)


@compiled
def empty(starts: Array, columns: Array, blocks: Array, is_free: Array) -> None:
    d = blocks.shape[1]
    for row in range(len(starts) - 1):
        for block in range(starts[row], starts[row + 1]):
            column = columns[block]
            for a in range(d):
                for b in range(d):
                    if not (is_free[row, a] and is_free[column, b]) and not (row == column and a == b):
                        blocks[block, a, b] = 0.0
