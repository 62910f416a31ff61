"""A stiffness that is linear in one factor for each cell, K = Σ_c s_c K_c + springs, solved for many s in turn.

Sparsity, the order of elimination and the place of each cell's share are found once: what a new s costs is one sparse
product and one factorisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array

from models.base import Array
from models.fem.direct import Solution
from models.fem.direct_solvers import Analysis, analyse


@dataclass(frozen=True, eq=False)
class Stiffness:
    """Made by `stiffness`. Rows are fixed, where the solution is 0, or free."""

    cell_rows: Array  # (cells, n)
    local: Array  # (cells, n, n): K_c
    row_count: int
    free: Array  # (free,) rows
    springs: Array  # (entries,): what is added to the diagonal, 0 elsewhere
    spread: csr_array  # (entries, cells): factors to the entries of the free block
    rows: Array  # (entries,): of these entries, column by column
    starts: Array  # (free + 1,): of the columns
    analysis: Analysis | None  # of the free block; None where every row is fixed

    def solve(self, factors: Array, loads: Sequence[Array]) -> list[Solution]:
        """One solution (rows,) for each load (rows,), with the factor of each cell. Raises `SingularMatrix`."""
        size = len(self.free)
        matrix = csc_array((self.spread @ factors + self.springs, self.rows, self.starts), shape=(size, size))
        if self.analysis is None:
            return [Solution(np.zeros(self.row_count), 0.0) for _ in loads]
        found = self.analysis.factor(matrix).solve_all([load[self.free] for load in loads])
        return [Solution(self._at_all_rows(each.x), each.residual, each.method) for each in found]

    def derivative(self, u: Array, v: Array) -> Array:
        """(cells,): v·K_c u, the derivative of v·K u by each factor; u and v (rows,)."""
        images = np.einsum("cij,cj->ci", self.local, u[self.cell_rows])
        return np.asarray(np.einsum("ci,ci->c", v[self.cell_rows], images))

    def _at_all_rows(self, inner: Array) -> Array:
        u = np.zeros(self.row_count)
        u[self.free] = inner
        return u


def stiffness(cell_rows: Array, local: Array, fixed: Array, springs: Array, positions: Array) -> Stiffness:
    """Of cells with these rows (cells, n), every row being some cell's and at one of the positions (rows, d); springs
    (rows,) hold them to the ground."""
    row_count = len(springs)
    is_free = np.ones(row_count, dtype=bool)
    is_free[fixed] = False
    free, numbers = np.flatnonzero(is_free), np.cumsum(is_free) - 1
    places = numbers[cell_rows]
    both = is_free[cell_rows][:, :, None] & is_free[cell_rows][:, None, :]
    keys = (places[:, None, :] * len(free) + places[:, :, None])[both]
    entries, at = np.unique(keys, return_inverse=True)
    size = cell_rows.shape[1]
    cells = np.repeat(np.arange(len(cell_rows)), size * size)[both.ravel()]
    columns, rows = np.divmod(entries, max(1, len(free)))
    on_diagonal = np.where(rows == columns, springs[free[rows]], 0.0)
    index = np.int32  # SuperLU's
    rows, starts = rows.astype(index), np.searchsorted(columns, np.arange(len(free) + 1)).astype(index)
    pattern = csc_array((np.ones(len(rows)), rows, starts), shape=(len(free), len(free)))
    return Stiffness(
        cell_rows=cell_rows,
        local=local,
        row_count=row_count,
        free=free,
        springs=on_diagonal,
        spread=csr_array((local[both], (at, cells)), shape=(len(entries), len(cell_rows))),
        rows=rows,
        starts=starts,
        analysis=analyse(pattern, positions[free]) if len(free) else None,
    )
