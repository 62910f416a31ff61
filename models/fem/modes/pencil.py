"""The smallest eigenvalues of A x = λ B x, with the proof that none was missed.

Shift-invert Lanczos (Ericsson & Ruhe 1980, Math. Comp. 35, 1251-1268), by ARPACK, with A − σB positive definite. A
single start vector finds a multiple eigenvalue more than once by round-off alone, and may not. So afterwards the
eigenvalues below a number τ in a wide gap are counted by Sylvester's law of inertia: A − τB has as many negative pivots
(Parlett 1998, The Symmetric Eigenvalue Problem, chapter 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh, splu

from models.base import Array
from models.fem.direct import factor

SMALL = 120  # unknowns up to which all eigenvalues are found by a dense solver
GUARDS = 4  # more than what is asked for, so that there is a gap among them
ATTEMPTS = 3
# Of a search for critical loads: loads of the other sense crowd where 1/λ nears 0, and those are never told apart.
RESTARTS = 50
FAR = 1e3  # times the load that would buckle in the other sense: up to there it is shown that none does in this
ROUND_OFF = 1e-10


@dataclass(frozen=True, eq=False)
class Pairs:
    """λ increasing; x (n, count) with unit norm. `is_complete` where the count has shown that none is missing."""

    values: Array
    vectors: Array
    is_complete: bool


def vibrations(stiffness: csc_matrix, mass: csc_matrix, shift: float, count: int, starts: Sequence[Array]) -> Pairs:
    """K x = λ M x for λ > shift, which makes K − shift·M positive definite; xᵀM x = 1. A few more than `count`.

    `starts` (n,) are first vectors; each but the first is for when some were missed.

    Raises `SingularMatrix`.
    """
    if stiffness.shape[0] <= SMALL:
        values, vectors = eigh(stiffness.toarray(), mass.toarray())
        return Pairs(values, vectors, True)
    inverse = _operator(factor((stiffness - shift * mass).tocsc()).inverse, len(starts[0]))

    def search(size: int, start: Array) -> tuple[Array, Array]:
        return _found(
            lambda: eigsh(stiffness, size, mass, sigma=shift, OPinv=inverse, v0=start, ncv=_basis_size(size, start))
        )

    return _counted(search, lambda tau: _negative_pivots(stiffness - tau * mass), count, starts, shift)


def critical_loads(stiffness: csc_matrix, softening: csc_matrix, count: int, starts: Sequence[Array]) -> Pairs:
    """K x = λ S x for the smallest λ > 0, S symmetric of any sign; xᵀK x = 1. Fewer where there are no more.

    Raises `SingularMatrix`.
    """
    if stiffness.shape[0] <= SMALL:
        inverted, vectors = eigh(softening.toarray(), stiffness.toarray())
        return Pairs(*_positive(inverted, vectors, float(np.abs(inverted).max())), is_complete=True)
    inverse = _operator(factor(stiffness).inverse, len(starts[0]))
    # The largest |1/λ|, of either sense; a hundredth of it is near enough.
    largest = eigsh(softening, 1, stiffness, Minv=inverse, v0=starts[0], tol=1e-2, return_eigenvectors=False)
    scale = float(np.abs(largest).max())

    def search(size: int, start: Array) -> tuple[Array, Array]:
        """S x = K x / λ: its largest."""
        ncv = _basis_size(size, start)
        inverted, vectors = _found(
            lambda: eigsh(softening, size, stiffness, Minv=inverse, which="LA", v0=start, ncv=ncv, maxiter=RESTARTS)
        )
        return _positive(inverted, vectors, scale)

    return _counted(search, lambda tau: _negative_pivots(stiffness - tau * softening), count, starts, FAR / scale)


def residuals(stiffness: csc_matrix, other: csc_matrix, pairs: Pairs) -> Array:
    """Of each pair: its backward error (Tisseur 2000, Linear Algebra Appl. 309, 339-361), of norms by rows."""
    rest = stiffness @ pairs.vectors - (other @ pairs.vectors) * pairs.values
    norms = [float(abs(matrix).sum(axis=1).max()) for matrix in (stiffness, other)]
    scale = (norms[0] + np.abs(pairs.values) * norms[1]) * np.abs(pairs.vectors).max(axis=0)
    return np.asarray(np.abs(rest).max(axis=0) / scale)


def starts(n: int, rng: np.random.Generator) -> list[Array]:
    """First vectors for as many attempts."""
    return [rng.standard_normal(n) for _ in range(ATTEMPTS)]


def _counted(
    search: Callable[[int, Array], tuple[Array, Array]],
    count_below: Callable[[float], int | None],
    count: int,
    starts: Sequence[Array],
    far: float,
) -> Pairs:
    """Search for more as long as some are missing; where there are none, there is none up to `far`."""
    for attempt, start in enumerate(starts):
        values, vectors = search(min((count + GUARDS) << attempt, len(start) - 1), start)
        tau, inside = _widest_gap(values, count) if len(values) else (far, 0)
        if count_below(tau) == inside:
            return Pairs(values, vectors, True)
    return Pairs(values, vectors, False)


def _widest_gap(values: Array, count: int) -> tuple[float, int]:
    """A number in the middle of it, beyond the first `count`, or beyond all; and how many are below."""
    if len(values) <= count:
        return float(values[-1] + abs(values[-1])), len(values)
    gap = count + int(np.argmax(np.diff(values[count - 1 :])))
    return float((values[gap - 1] + values[gap]) / 2), gap


def _negative_pivots(matrix: csc_matrix) -> int | None:
    """None where SuperLU left the diagonal for a pivot, so that their signs tell nothing."""
    try:
        lu = splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    except RuntimeError:  # a zero pivot
        return None
    return int(np.sum(lu.U.diagonal() < 0)) if np.array_equal(lu.perm_r, lu.perm_c) else None


def _found(search: Callable[[], tuple[Array, Array]]) -> tuple[Array, Array]:
    try:
        values, vectors = search()
    except ArpackNoConvergence as stopped:  # with those that did converge
        values, vectors = stopped.eigenvalues, stopped.eigenvectors
    order = np.argsort(values)
    return values[order], vectors[:, order]


def _positive(inverted: Array, vectors: Array, scale: float) -> tuple[Array, Array]:
    """λ = 1 / μ increasing, and their x, for the μ that are above the round-off of the largest."""
    above = np.flatnonzero(inverted > ROUND_OFF * scale)[::-1]
    return 1 / inverted[above], vectors[:, above]


def _basis_size(size: int, start: Array) -> int:
    """Of the Krylov space: half as much again as ARPACK's own, so that most searches need no restart."""
    return min(len(start), max(3 * size, 30))


def _operator(inverse: Callable[[Array], Array], n: int) -> LinearOperator:
    return LinearOperator((n, n), matvec=inverse, dtype=np.float64)
