"""The refusal of problems whose solution is determined up to a constant at best, on the whole mesh or on a part."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from models.base import Array, Refusal

# Of |A| |1|: what summing a row's entries leaves of round-off, with room.
ROUND_OFF = 1e-11


def refuse_undetermined(matrix: csr_matrix, fixed: Array, remedy: str, field: str = "conditions") -> None:
    """A part of the mesh on which nothing is prescribed, and on which the matrix takes constants to 0.

    Not left to the factorisation: round-off makes most of these singular matrices regular ones. Raises `Refusal`
    SINGULAR_PROBLEM.
    """
    count, part = connected_components(matrix, directed=False)
    held = np.zeros(count, dtype=bool)
    held[part[fixed]] = True
    rows = np.abs(matrix @ np.ones(matrix.shape[0]))
    sums = np.asarray(abs(matrix).sum(axis=1)).ravel()
    held[part[rows > ROUND_OFF * sums]] = True
    if not held.all():
        where = "u" if count == 1 else f"u on {int((~held).sum())} of the mesh's {count} parts"
        raise Refusal("SINGULAR_PROBLEM", f"{where} is determined up to a constant at best; {remedy}", field)
