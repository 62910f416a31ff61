"""The operator of a conductivity on every level: all that a V-cycle reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.base import Array
from models.fem.direct import Factor, factor
from models.fem.structured import coarsest
from models.fem.structured.conductances import assemble, coarsen, fix, share
from models.fem.structured.hierarchy import Hierarchy
from models.fem.structured.network import network


@dataclass(frozen=True, eq=False)
class Levels:
    """Made by `levels`. For the layout of arrays see `conductances`."""

    grids: Hierarchy
    scale: float  # a power of two near the largest conductivity: single precision has a short range
    conductivity: Array  # (ny, nx, 2), over scale, and so are the conductances
    fine: Array  # (7, rows, columns): the stencil of level 0, as `conductances.assemble` has it
    stencils: Array  # (6 · starts[-1],): its first six arrays on each level but the last, in single precision
    shares: Array  # (2 · starts[-1],): see `conductances.share`; likewise
    lower: Array  # the factor of the last level
    couplings: Array  # (fixed, 4): of the fixed nodes with what is left, right, below and above of them

    @cached_property
    def factor(self) -> Factor:
        """Of the stiffness between free nodes, over `scale`, for loads too hard for multigrid.

        Raises `SingularMatrix`.
        """
        return factor(network(self.conductivity, *self.grids.weights, self.grids.fixed[0]).matrix())

    @property
    def size_bytes(self) -> int:
        """With such a factor, made or not: some 8 n log₂ n numbers for n nodes, and their indices."""
        arrays = (self.conductivity, self.fine, self.stencils, self.shares, self.lower, self.couplings)
        count = int(np.prod(self.grids.shape))
        return sum(array.nbytes for array in arrays) + 12 * 8 * count * count.bit_length()


def levels(grids: Hierarchy, conductivity: Array) -> Levels:
    """conductivity (cells,) or (1,), positive."""
    rows, columns = grids.shape
    scale = float(2.0 ** np.floor(np.log2(np.max(conductivity))))
    k = (np.broadcast_to(conductivity, (2 * (rows - 1) * (columns - 1),)) / scale).reshape(rows - 1, columns - 1, 2)
    fine = np.zeros((7, rows + 2, columns // 2 + 3))
    stencils, shares = (np.zeros(kinds * int(grids.starts[-1]), np.float32) for kinds in (6, 2))
    couplings = _assemble(grids, 0, k, fine, stencils, shares)
    coarse = k
    for level in range(1, grids.levels):
        finer, coarse = coarse, np.empty((*grids.sides[level, ::-1], 2))
        coarsen(finer, coarse)
        if level < grids.levels - 1:
            stencil = np.zeros((7, coarse.shape[0] + 3, coarse.shape[1] // 2 + 3))
            _assemble(grids, level, coarse, stencil, stencils, shares)
    lower = coarsest.factor(network(coarse, *grids.weights, grids.fixed[-1]))
    return Levels(grids, scale, k, fine, stencils, shares, lower, couplings)


def _assemble(
    grids: Hierarchy, level: int, conductivity: Array, stencil: Array, stencils: Array, shares: Array
) -> Array:
    """Fill one level's stencil, and its part of the arenas. Returns its couplings."""
    rows, columns, _ = conductivity.shape
    couplings = np.zeros((len(grids.fixed[level]), 4))
    start, end = grids.starts[level : level + 2]
    assemble(conductivity, *grids.weights, stencil)
    share(stencil, shares[2 * start : 2 * start + rows * columns].reshape(4, rows // 2, columns // 2))
    fix(grids.fixed[level], stencil, couplings)
    with np.errstate(over="ignore"):  # beyond single precision nothing converges, and a direct solve is tried
        stencils[6 * start : 6 * end] = stencil[:6].ravel()
    return couplings
