"""Who is near whom: the sources around each query, by radius or by number, on SciPy's k-d tree.

Neighbours are in compressed rows (CSR), as `splits` and `indices`: no compiled extension is needed to find them, or to
sum over them. Distances are those of the positions in double precision, and a radius takes in what is beyond it by
less than `SLACK`, relative: on a grid a radius is often a distance between nodes, and single precision would let
nodes in on one side and not on the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.spatial import cKDTree

from models.base import Array
from models.operators.graph.crowd import refuse_crowd

SLACK = 1e-6  # sixteen times what rounding to single precision changes
_INDEX = np.int32  # what SciPy converts to where it can


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Of query q the sources `indices[splits[q]:splits[q + 1]]`, each once, in no order."""

    indices: Array  # (neighbours,) int64
    splits: Array  # (queries + 1,) int64

    @property
    def counts(self) -> Array:
        """(queries,)"""
        return np.diff(self.splits)

    @property
    def queries(self) -> Array:
        """(neighbours,): whose neighbour each is."""
        return np.repeat(np.arange(len(self.splits) - 1), self.counts)


def within(sources: Array, queries: Array, radius: float) -> Neighbours:
    """All sources (n, d) that are within the radius of each query (m, d); a query may have none. Where `queries` is
    the same array as `sources`, each pair is looked for once, which takes half of the time. Raises `Refusal`
    WRONG_POINTS for more neighbours than `crowd.MOST`."""
    tree, reach = _tree(sources), radius * (1 + SLACK)
    other = tree if queries is sources else _tree(queries)
    refuse_crowd(tree, other, reach)
    if queries is sources:
        low, high = tree.query_pairs(reach, output_type="ndarray").T.astype(_INDEX)
        itself = np.arange(len(sources), dtype=_INDEX)
        near, found = np.concatenate((low, high, itself)), np.concatenate((high, low, itself))
    else:
        pairs = other.sparse_distance_matrix(tree, reach, output_type="ndarray")
        near, found = pairs["i"].astype(_INDEX), pairs["j"].astype(_INDEX)
    return _by_rows(near, found, (len(queries), len(sources)))


def nearest(sources: Array, queries: Array, count: int) -> Neighbours:
    """The `count` nearest sources of each query, or all where there are fewer."""
    taken = min(count, len(sources))
    _, found = _tree(sources).query(np.asarray(queries, dtype=np.float64), k=[*range(1, taken + 1)])
    return Neighbours(found.ravel().astype(np.int64), taken * np.arange(len(queries) + 1))


def _tree(points: Array) -> cKDTree:
    """Cells are cut in the middle rather than at a median: a third less time, and grids and clouds are even enough."""
    return cKDTree(np.asarray(points, dtype=np.float64), balanced_tree=False)


def _by_rows(row: Array, column: Array, shape: tuple[int, int]) -> Neighbours:
    """A counting sort, which SciPy's conversion of sparse matrices is."""
    pairs = coo_array((np.empty(len(row), dtype=np.int8), (row, column)), shape=shape)
    pairs.has_canonical_format = True  # no pair is in it twice: there is nothing to sum up, nor to sort within a row
    by_rows = pairs.tocsr()
    return Neighbours(by_rows.indices.astype(np.int64), by_rows.indptr.astype(np.int64))
