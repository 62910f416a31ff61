"""Factors of a flow's equations that are known to be sound, or a refusal that says why there are none."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from models.base import Array, Refusal
from models.fem.direct import SingularMatrix
from models.fem.domain.linear import Constrained, constrained

# Of a solution that is known beforehand: factors of a sound system keep many more digits.
PROBE_LIMIT = 1e-5


def factorised(matrix: csr_matrix, fixed: Array) -> Constrained:
    """Raises `Refusal` OUT_OF_RANGE where numbers left floating point, or SINGULAR_PROBLEM.

    A singular matrix whose pivots are round-off gives small residuals and wrong solutions. So a vector that is known is
    recovered first.
    """
    if not np.isfinite(matrix.data).all():
        raise out_of_scale()
    try:
        system = constrained(matrix, fixed)
    except SingularMatrix:
        raise _singular() from None
    known = np.cos(np.arange(len(system.free)))
    found = system.inverse(system.inner @ known)
    if not np.abs(found - known).max(initial=0.0) <= PROBE_LIMIT:
        raise _singular()
    return system


def out_of_scale() -> Refusal:
    return Refusal(
        "OUT_OF_RANGE",
        "the problem is beyond floating point; choose units in which viscosities and data are nearer to 1",
        "viscosity",
    )


def _singular() -> Refusal:
    return Refusal(
        "SINGULAR_PROBLEM",
        "leave the equations singular: cells all of whose points lie on boundaries with given velocity cannot hold a "
        "pressure; refine the mesh, or cut the corner cells otherwise",
        "conditions",
    )
