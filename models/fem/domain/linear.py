"""Linear systems K u = f with some unknowns prescribed: the rest is factorised once, for any number of loads.

K may be unsymmetric, indefinite or complex; `models.fem.direct` is for those that are symmetric and positive definite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix
from scipy.sparse.linalg import splu

from models.base import Array
from models.fem.direct import REFINE_ABOVE, SingularMatrix, Solution

# Of the residual of a solution that was refined once: beyond it digits of u are in doubt.
RESIDUAL_LIMIT = 1e-8

# Minimum degree on K + Kᵀ, with pivots on the diagonal: half the default's factors and a third of its time (Q2 on 160²
# bricks 0.8 s against 2.6, Q1 on 25³ 1.1 against 4.2). With pivots to be looked for it would be the slower one.
_DEFINITE: Mapping[str, Any] = {
    "permc_spec": "MMD_AT_PLUS_A",
    "diag_pivot_thresh": 0.0,
    "options": {"SymmetricMode": True},
}


@dataclass(frozen=True, eq=False)
class Constrained:
    """K with the unknowns `fixed` prescribed. Made by `constrained`."""

    inner: csc_matrix  # (free, free)
    coupling: csr_matrix  # (free, fixed)
    free: Array
    fixed: Array
    inverse: Callable[[Array], Array]  # (free,) -> (free,)
    transposed: Callable[[Array], Array]  # the same with Kᵀ, for adjoints

    def solve(self, load: Array, values: Array) -> Solution:
        """u (n,) from f (n,) and the values (fixed,); refined once where the residual asks for it."""
        right = load[self.free] - self.coupling @ values
        scale = float(np.abs(right).max(initial=0.0))
        x = self.inverse(right)
        rest = right - self.inner @ x
        if np.abs(rest).max(initial=0.0) > REFINE_ABOVE * scale:
            x = x + self.inverse(rest)
            rest = right - self.inner @ x
        u = np.empty(len(self.free) + len(self.fixed), dtype=x.dtype)
        u[self.free], u[self.fixed] = x, values
        return Solution(u, float(np.abs(rest).max(initial=0.0) / scale) if scale > 0 else 0.0)


def constrained(matrix: csr_matrix, fixed: Array, *, definite: bool = False) -> Constrained:
    """`definite` says that K is symmetric and positive definite: then it is factorised without looking for pivots.

    Raises `SingularMatrix` where a pivot is zero.
    """
    is_free = np.ones(matrix.shape[0], dtype=bool)
    is_free[fixed] = False
    free = np.flatnonzero(is_free)
    rows = matrix.tocsr()[free]
    inner = rows[:, free].tocsc()
    if len(free) == 0:
        return Constrained(inner, rows[:, fixed], free, fixed, _same, _same)
    try:
        lu = splu(inner, **(_DEFINITE if definite else {}))
    except RuntimeError as error:  # SuperLU's only way to say so
        raise SingularMatrix(str(error)) from error

    def inverse(right: Array) -> Array:
        return np.asarray(lu.solve(right))

    def transposed(right: Array) -> Array:
        return np.asarray(lu.solve(right, trans="T"))

    return Constrained(inner, rows[:, fixed], free, fixed, inverse, transposed)


def _same(right: Array) -> Array:
    return right
