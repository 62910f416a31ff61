"""Sparse Cholesky in an order that is found once for a pattern: what repeated solves on a mesh have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array

from models.base import Array
from models.fem import direct
from models.fem.cholesky.dissection import dissection
from models.fem.cholesky.multifrontal import factorise
from models.fem.cholesky.substitution import substitute, substitute_all
from models.fem.cholesky.symbolic import Symbolic, symbolic
from models.fem.direct import Factor

METHOD = "sparse Cholesky"


@dataclass(frozen=True, eq=False)
class Elimination:
    """Made by `elimination`."""

    symbolic: Symbolic

    def factor(self, matrix: csc_array) -> Factor:
        """Of a matrix with the pattern that this was made for, its entries in the same places.

        By SuperLU where a pivot is not positive, as in a matrix that is definite only but for round-off. Raises
        `SingularMatrix` where that finds a pivot of zero.
        """
        plan = self.symbolic
        values = np.zeros(int(plan.panel_starts[-1]))
        stack = np.empty(plan.stack)
        bad = factorise(
            values, matrix.data, plan.entries, plan.targets,
            plan.firsts, plan.row_starts, plan.panel_starts, plan.parents, plan.places, stack,
        )  # fmt: skip
        if bad >= 0:
            return direct.factor(matrix)
        # Transposed, which it equals, it is stored by rows: that halves the time of its products.
        return Factor(matrix.T, _Inverse(plan, values).apply, len(values), METHOD)

    @property
    def size_bytes(self) -> int:
        return self.symbolic.size_bytes


@dataclass(frozen=True, eq=False)
class _Inverse:
    symbolic: Symbolic
    values: Array

    def apply(self, load: Array) -> Array:
        """b -> A⁻¹ b, for b (n,) or (n, columns)."""
        plan = self.symbolic
        x = np.ascontiguousarray(load[plan.order])
        run = substitute if x.ndim == 1 else substitute_all
        run(x, self.values, plan.firsts, plan.row_starts, plan.rows, plan.panel_starts)
        found = np.empty_like(x)
        found[plan.order] = x
        return found


def elimination(matrix: csc_array, positions: Array) -> Elimination:
    """For matrices with the symmetric pattern of this one, diagonal included, and unknowns at positions (n, d)."""
    order = dissection(matrix.indptr, matrix.indices, positions)
    return Elimination(symbolic(matrix.indptr, matrix.indices, order))
