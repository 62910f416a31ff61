"""The refusal of problems whose solution is determined up to a constant at best, on the whole mesh or on a part."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from skfem import Basis

from models.base import Array, Refusal
from models.fem.domain.motions import parts

# Of |A| |1|: what summing a row's entries leaves of round-off, with room.
ROUND_OFF = 1e-11


def refuse_undetermined(basis: Basis, matrix: csr_matrix, fixed: Array, remedy: str, field: str = "conditions") -> None:
    """A part of the mesh on which nothing is prescribed, and on which the matrix takes constants to 0.

    Parts that share a corner only are two: in H¹ a value at a point says nothing, and what the matrix makes of it
    depends on the mesh. Not left to the factorisation: round-off makes most of these singular matrices regular ones.
    Raises `Refusal` SINGULAR_PROBLEM.
    """
    count, part = parts(basis.mesh)
    held = np.zeros(count, dtype=bool)
    held[part[_cells_at_fixed_facets(basis, fixed)]] = True
    rows = np.abs(matrix @ np.ones(matrix.shape[0]))
    sums = np.asarray(abs(matrix).sum(axis=1)).ravel()
    held[_parts_of(basis, part, rows > ROUND_OFF * sums)] = True
    if not held.all():
        where = "u" if count == 1 else f"u on {int((~held).sum())} of the mesh's {count} parts"
        raise Refusal("SINGULAR_PROBLEM", f"{where} is determined up to a constant at best; {remedy}", field)


def _cells_at_fixed_facets(basis: Basis, fixed: Array) -> Array:
    """(n,): conditions prescribe values on whole facets, so that all corners of one are fixed."""
    mesh = basis.mesh
    is_fixed = np.zeros(basis.N, dtype=bool)
    is_fixed[fixed] = True
    facets = mesh.boundary_facets()
    whole = is_fixed[basis.nodal_dofs[0][mesh.facets[:, facets]]].all(axis=0)
    return np.asarray(mesh.f2t[0, facets[whole]])


def _parts_of(basis: Basis, part: Array, chosen: Array) -> Array:
    """The parts that have one of the chosen (unknowns,) to themselves, or share all that they have."""
    dofs = basis.element_dofs
    owner = np.zeros(basis.N, dtype=part.dtype)
    owner[dofs] = part
    is_shared = np.zeros(basis.N, dtype=bool)
    is_shared[dofs[owner[dofs] != part]] = True
    only_shared = np.ones(int(part.max()) + 1, dtype=bool)
    only_shared[owner[~is_shared]] = False
    touched = part[chosen[dofs].any(axis=0)]
    return np.concatenate((owner[chosen & ~is_shared], touched[only_shared[touched]]))
