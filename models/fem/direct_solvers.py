"""The direct solvers, in the order in which they are preferred. A new one is a row, which one suite of tests runs over.

A solver first analyses a pattern, which repeated solves on a mesh have in common, and then factorises matrices that
have it. Whatever a solver finds is checked by `direct.Factor`, which computes the residual of every solution. Why there
are no others: see models/fem/cholesky/DESIGN.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse import csc_array, csr_array

from models.base import Array
from models.fem import direct
from models.fem.direct import Factor, Solution


class Analysis(Protocol):
    """What a pattern alone decides."""

    def factor(self, matrix: csc_array) -> Factor:
        """Of a matrix with the pattern that was analysed, its entries in the same places. Raises `SingularMatrix`."""
        ...

    @property
    def size_bytes(self) -> int: ...


@dataclass(frozen=True)
class _Unordered:
    """SuperLU orders anew with every matrix: its interface has no place for an order that keeps supernodes."""

    def factor(self, matrix: csc_array) -> Factor:
        return direct.factor(matrix)

    @property
    def size_bytes(self) -> int:
        return 0


def _cholesky(matrix: csc_array, positions: Array) -> Analysis:
    from models.fem.cholesky.elimination import elimination  # brings Numba, which others who import this do without

    return elimination(matrix, positions)


SOLVERS: Mapping[str, Callable[[csc_array, Array], Analysis]] = {
    "sparse Cholesky": _cholesky,
    "sparse LU": lambda matrix, positions: _Unordered(),
}


def analyse(matrix: csc_array, positions: Array) -> Analysis:
    """By the preferred solver, of a symmetric positive definite matrix whose unknowns are at positions (n, d)."""
    return next(iter(SOLVERS.values()))(matrix, positions)


def solve(matrix: csr_array, load: Array, positions: Array) -> Solution:
    """One system, once. No load needs no factors: its solution is 0 whatever the matrix. Raises `SingularMatrix`."""
    if not load.any():
        return Solution(np.zeros_like(load), 0.0)
    columns = matrix.tocsc()
    return analyse(columns, positions).factor(columns).solve(load)
