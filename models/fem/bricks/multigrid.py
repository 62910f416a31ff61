"""Conjugate gradients, ahead of which goes one V-cycle of geometric multigrid on a box of equal bricks.

Hackbusch, Multi-Grid Methods and Applications, 1985. The finest level is the problem's own matrix, Q1 or Q2. Below it
are Q1 on ever fewer bricks, with their means of the moduli, down to a dense factor. One sweep of block Gauss-Seidel
forward goes before the coarser level, one backward after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse import bsr_array, csr_array
from scipy.sparse.linalg import LinearOperator, cg
from skfem import ElementHex1

from models.base import Array
from models.fem.bricks.held import held
from models.fem.bricks.lattice import Lattice, coarser, interpolation
from models.fem.bricks.pattern import pattern
from models.fem.bricks.stiffness import stiffness, tables
from models.fem.bricks.sweeps import backward, forward, rest
from models.fem.direct import SingularMatrix, Solution
from models.fem.multigrid import Iterated

TOLERANCE = 1e-10  # of the residual's norm to the load's: far below any error of discretisation
MAX_STEPS = 150  # smoothed aggregation takes as long as so many

COARSEST = 250  # points: of a dense factor of 750 rows


@dataclass(frozen=True, eq=False)
class Level:
    matrix: bsr_array
    inverses: Array  # (points, 3, 3): of the blocks of the diagonal
    up: csr_array  # (points, points of the next)
    is_free: Array  # (points, 3)


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Made by `hierarchy`."""

    levels: Sequence[Level]  # from the finest
    last: tuple[Array, bool]  # Cholesky's factor of the coarsest
    last_free: Array

    def cycle(self, load: Array) -> Array:
        """(points, 3): one V-cycle from 0."""
        return self._cycle(load, 0)

    def _cycle(self, load: Array, at: int) -> Array:
        if at == len(self.levels):
            return np.asarray(cho_solve(self.last, np.where(self.last_free, load, 0.0).ravel())).reshape(load.shape)
        level, K = self.levels[at], self.levels[at].matrix
        x, left = np.empty_like(load), np.empty_like(load)
        forward(K.indptr, K.indices, K.data, level.inverses, load, x)
        rest(K.indptr, K.indices, K.data, x, left)
        x += np.where(level.is_free, level.up @ self._cycle(level.up.T @ left, at + 1), 0.0)
        backward(K.indptr, K.indices, K.data, level.inverses, load, x)
        return x


def hierarchy(matrix: bsr_array, is_free: Array, lattice: Lattice, order: Array) -> Hierarchy:
    """Of a matrix whose held rows are emptied but for their diagonal; its point i is number order[i] of the lattice.

    Of Q2 the lattice has the bricks between its points. Raises `SingularMatrix`.
    """
    if not np.isfinite(matrix.diagonal().sum()):
        raise SingularMatrix("an entry of the diagonal is no number")
    below = coarser(lattice)
    levels = [_level(matrix, interpolation(lattice.counts, below.counts)[order], is_free)]
    element = ElementHex1()
    table = tables(element, element)
    while True:
        corners = below.corners(element.doflocs)
        points = below.points
        K = held(
            stiffness(table, pattern(corners, len(points)), corners, points, below.lame.ravel(), below.shear.ravel()),
            below.is_free,
        )
        if len(points) <= COARSEST or max(below.counts) == 1:
            try:
                return Hierarchy(levels, cho_factor(K.toarray()), below.is_free)
            except LinAlgError as error:
                raise SingularMatrix(str(error)) from error
        next_below = coarser(below)
        levels.append(_level(K, interpolation(below.counts, next_below.counts), below.is_free))
        below = next_below


def _level(matrix: bsr_array, up: csr_array, is_free: Array) -> Level:
    rows = np.repeat(np.arange(len(is_free)), np.diff(matrix.indptr))
    try:
        inverses = np.linalg.inv(matrix.data[rows == matrix.indices])
    except np.linalg.LinAlgError as error:
        raise SingularMatrix(str(error)) from error
    return Level(matrix, inverses, up, is_free)


def solve(given: Hierarchy, load: Array) -> Iterated:
    """load (rows,), 0 where held."""
    matrix = given.levels[0].matrix
    scale = float(np.max(np.abs(load), initial=0.0))
    if scale == 0:
        return Iterated(Solution(np.zeros_like(load), 0.0), 0)
    steps = 0

    def count(_: Array) -> None:
        nonlocal steps
        steps += 1

    ahead = LinearOperator(matrix.shape, lambda r: given.cycle(r.reshape(-1, 3)).ravel(), dtype=np.float64)
    x, _ = cg(matrix, load / scale, rtol=TOLERANCE, maxiter=MAX_STEPS, M=ahead, callback=count)
    x *= scale
    return Iterated(Solution(x, float(np.max(np.abs(load - matrix @ x))) / scale), steps)
