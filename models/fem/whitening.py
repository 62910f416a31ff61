"""The square root of a Gaussian's covariance, from the sparse factors of its precision.

With Q = Pᵀ L D Lᵀ P and C = L D^½, S = Pᵀ C⁻ᵀ has S Sᵀ = Q⁻¹: m = S z has covariance Q⁻¹ where z has the identity, and
m·Q m = z·z. A search over z sees a Hessian of at least 1, plus what the data add in few directions (Bui-Thanh, Ghattas,
Martin & Stadler 2013, SIAM J. Sci. Comput. 35, A2494-A2523, section 4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import splu

from models.base import Array
from models.fem.direct import SingularMatrix

# No other order, no other pivot: a triangular matrix is its own factor.
_AS_IT_IS = {"permc_spec": "NATURAL", "diag_pivot_thresh": 0.0, "options": {"SymmetricMode": True}}


@dataclass(frozen=True, eq=False)
class Whitening:
    """Made by `whitening`."""

    order: Array  # (n,): the place in z of each unknown
    solve: Callable[[Array, str], Array]  # (b, "N" or "T") to C⁻¹ b or C⁻ᵀ b

    def colour(self, z: Array) -> Array:
        """S z"""
        return np.asarray(self.solve(z, "T")[self.order])

    def pull_back(self, gradient: Array) -> Array:
        """Sᵀ gradient: the derivative by z, of that by m."""
        ordered = np.empty_like(gradient)
        ordered[self.order] = gradient
        return self.solve(ordered, "N")


def whitening(precision: csr_array) -> Whitening:
    """Raises `SingularMatrix` where the precision is not positive definite in floating point."""
    try:
        lu = splu(precision.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
        pivots = lu.U.diagonal()
        if not ((pivots > 0).all() and np.array_equal(lu.perm_r, lu.perm_c)):
            raise SingularMatrix("a pivot is not positive")
        half = splu((lu.L @ diags_array(np.sqrt(pivots))).tocsc(), **_AS_IT_IS)
    except RuntimeError as error:  # SuperLU's only way to say so
        raise SingularMatrix(str(error)) from error
    return Whitening(lu.perm_c, half.solve)
