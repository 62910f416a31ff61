"""The operator of a conductivity on every level: all that a V-cycle reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.structured import coarsest
from models.fem.structured.conductances import assemble, coarsen, fix
from models.fem.structured.hierarchy import Hierarchy
from models.fem.structured.network import Network, network


@dataclass(frozen=True, eq=False)
class Levels:
    """Made by `levels`. Conductances are those of the conductivity over `scale`; for the layout see `conductances`."""

    grids: Hierarchy
    conductivity: Array  # (ny, nx, 2)
    scale: float  # a power of two near its largest value: single precision has a short range
    fine_edges: Array  # (4, rows, columns), level 0 in double precision
    fine_inverse: Array  # (2, rows, columns)
    fine_diagonal: Array  # (rows, columns) of its black nodes
    edges: Array  # (4 · starts[-1],): of all levels but the last in single precision, one after the other
    inverse: Array  # (2 · starts[-1],)
    lower: Array  # the factor of the last level
    couplings: Array  # (fixed, 4): of the fixed nodes with what is left, right, below and above of them

    def network(self) -> Network:
        """Of level 0, over `scale`."""
        return network(self.conductivity / self.scale, *self.grids.weights, self.grids.fixed[0])

    @property
    def size_bytes(self) -> int:
        arrays = (self.conductivity, self.fine_edges, self.fine_inverse, self.fine_diagonal, self.edges, self.inverse)
        return sum(array.nbytes for array in (*arrays, self.lower, self.couplings))


def levels(grids: Hierarchy, conductivity: Array) -> Levels:
    """conductivity (cells,), of which the arrays hold a view."""
    rows, columns = grids.shape
    given = conductivity.reshape(rows - 1, columns - 1, 2)
    scale = float(2.0 ** np.floor(np.log2(np.max(given))))
    edges, inverse = (np.zeros(kinds * int(grids.starts[-1]), np.float32) for kinds in (4, 2))
    k = given / scale
    finest = _assembled(grids, 0, k, edges, inverse)
    for level in range(1, grids.levels):
        finer, k = k, np.empty((*grids.sides[level, ::-1], 2))
        coarsen(finer, k)
        if level < grids.levels - 1:
            _assembled(grids, level, k, edges, inverse)
    lower = coarsest.factor(network(k, *grids.weights, grids.fixed[-1]))
    return Levels(grids, given, scale, *finest[:3], edges, inverse, lower, finest[3])


def _assembled(
    grids: Hierarchy, level: int, conductivity: Array, edges: Array, inverse: Array
) -> tuple[Array, Array, Array, Array]:
    """One level's edges, inverse diagonals, diagonal of black nodes and couplings; the first two also in the arenas."""
    shape = conductivity.shape[0] + 3, conductivity.shape[1] // 2 + 3
    own, scale, black = np.zeros((4, *shape)), np.zeros((2, *shape)), np.zeros(shape)
    couplings = np.zeros((len(grids.fixed[level]), 4))
    assemble(conductivity, *grids.weights, own, scale, black)
    fix(grids.fixed[level], own, scale, couplings)
    start, end = grids.starts[level : level + 2]
    edges[4 * start : 4 * end] = own.ravel()
    inverse[2 * start : 2 * end] = scale.ravel()
    return own, scale, black, couplings
