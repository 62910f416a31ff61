"""Symmetric positive definite systems by sparse LU (SuperLU, Li 2005, ACM TOMS 31), the residual checked afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import splu

from models.base import Array

# Above it one step of iterative refinement is worth its two triangular solves.
REFINE_ABOVE = 1e-12
# Of the largest a_ii x_i: what is left after refinement is between one and two such roundings.
_ROUND_OFF = 2 * float(np.finfo(np.float64).eps)


class SingularMatrix(ArithmeticError):
    """A pivot is zero in floating point: entries differ by more than its range."""


@dataclass(frozen=True, eq=False)
class Solution:
    x: Array
    residual: float  # max |b − A x| / max |b|, computed from x after the solve; 0 where b = 0
    method: str = "sparse LU"


@dataclass(frozen=True, eq=False)
class Factor:
    """A factorised symmetric positive definite matrix, for any number of right-hand sides."""

    matrix: csr_array | csc_array
    inverse: Callable[[Array], Array]  # b -> A⁻¹ b, for b (n,) or (n, columns), without refinement
    nonzeros: int  # that the factors hold
    method: str = "sparse LU"

    def solve(self, load: Array) -> Solution:
        """One direct solve, and one refinement where the residual asks for it."""
        return self.solve_all([load])[0]

    def solve_all(self, loads: Sequence[Array]) -> list[Solution]:
        """One solution for each load (n,), found together: the factors pass the memory once."""
        load = loads[0] if len(loads) == 1 else np.column_stack(loads)
        scale = _largest(load)
        x = self.inverse(load)
        rest = load - self.matrix @ x
        if np.any(_largest(rest) > np.maximum(REFINE_ABOVE * scale, self._round_off(x))):
            x = x + self.inverse(rest)
            rest = load - self.matrix @ x
        residuals = np.divide(_largest(rest), scale, out=np.zeros_like(scale), where=scale > 0)
        columns = np.atleast_2d(x.T)  # a row of it is a solution, contiguous as SuperLU left it
        return [
            Solution(column, float(residual), self.method) for column, residual in zip(columns, residuals, strict=True)
        ]

    def _round_off(self, x: Array) -> Array:
        """(columns,): what the residual of the best x in floating point may be; nothing is left to refine there."""
        return _ROUND_OFF * _largest((self._diagonal * x.T).T)

    @cached_property
    def _diagonal(self) -> Array:
        """(n,): of a positive definite matrix it holds the largest entry."""
        return np.asarray(self.matrix.diagonal())


def factor(matrix: csr_array | csc_array) -> Factor:
    """Raises `SingularMatrix` where a pivot is zero."""
    # Minimum degree on A + Aᵀ with diagonal pivots: about half the time and memory of the default.
    try:
        lu = splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    except RuntimeError as error:  # SuperLU's only way to say so
        raise SingularMatrix(str(error)) from error
    return Factor(matrix, lu.solve, lu.nnz)


def factorize(matrix: csr_array) -> Callable[[Array], Array]:
    """b -> A⁻¹ b for a symmetric positive definite matrix. Raises `SingularMatrix` where a pivot is zero."""
    return factor(matrix).inverse


def solve(matrix: csr_array, load: Array) -> Solution:
    """One system, once. No load needs no factors: its solution is 0 whatever the matrix."""
    return factor(matrix).solve(load) if load.any() else Solution(np.zeros_like(load), 0.0)


def _largest(values: Array) -> Array:
    """(columns,): the largest absolute value of each; squares in a norm could underflow."""
    return np.asarray(np.max(np.abs(np.atleast_2d(values.T)), axis=1, initial=0.0))
