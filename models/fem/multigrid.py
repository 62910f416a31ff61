"""Symmetric positive definite systems by conjugate gradients with smoothed aggregation.

Vaněk, Mandel & Brezina 1996, Computing 56, 179-196; as PyAMG has it (Bell, Olson & Schroder 2022, J. Open Source
Softw. 7, 4142).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyamg import smoothed_aggregation_solver
from scipy.sparse import bsr_array
from scipy.sparse.linalg import cg

from models.base import Array
from models.fem.direct import SingularMatrix, Solution

TOLERANCE = 1e-10  # of the residual's norm to the load's: far below any error of discretisation
MAX_STEPS = 800  # near ν = 1/2 several hundred are needed


@dataclass(frozen=True, eq=False)
class Iterated:
    solution: Solution
    steps: int


def solve(matrix: bsr_array, load: Array, near_kernel: Array) -> Iterated:
    """near_kernel (n, k) are fields of little energy, which the coarse levels must hold: rigid motions.

    Raises `SingularMatrix`.
    """
    scale = float(np.max(np.abs(load), initial=0.0))
    if scale == 0:
        return Iterated(Solution(np.zeros_like(load), 0.0), 0)
    size = float(np.max(matrix.diagonal()))
    if not 0 < size < float("inf"):
        raise SingularMatrix("the largest entry is not a positive number")
    scaled = matrix / size  # levels multiply entries, which must stay within floating point
    # The local weights come from row sums: the default would start a power iteration from a random vector.
    levels = smoothed_aggregation_solver(
        scaled,
        B=near_kernel,
        symmetry="symmetric",
        smooth=("jacobi", {"weighting": "local"}),
        improve_candidates=None,  # of exact rigid motions there is nothing to improve: a fifth of the whole time
        # One sweep each way is symmetric, too: more steps than with both ways twice, and half of the work in each.
        presmoother=("block_gauss_seidel", {"sweep": "forward"}),
        postsmoother=("block_gauss_seidel", {"sweep": "backward"}),
        max_coarse=200,  # nodes
        coarse_solver="splu",  # the default, a dense pseudo-inverse, took 90 % of the time
    )
    steps = 0

    def count(_: Array) -> None:
        nonlocal steps
        steps += 1

    ahead = levels.aspreconditioner()
    try:
        x, _ = cg(scaled, load / scale, rtol=TOLERANCE, maxiter=MAX_STEPS, M=ahead, callback=count)
    except RuntimeError as error:  # SuperLU's only way to say so, of the coarsest level
        raise SingularMatrix(str(error)) from error
    x *= scale / size
    return Iterated(Solution(x, float(np.max(np.abs(load - matrix @ x))) / scale), steps)
