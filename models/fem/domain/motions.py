"""Which motions a body or a fluid is free to make without any stress: those of parts, and rigid ones."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from skfem import Basis, Mesh

from models.base import Array, Refusal


def refuse_parts(mesh: Mesh) -> None:
    """Parts that only a corner joins, or nothing, would each need conditions of their own.

    Raises `Refusal` SINGULAR_PROBLEM.
    """
    count, part = parts(mesh)
    if count > 1:
        cell = str(int(np.argmax(part != part[0])))
        raise Refusal(
            "SINGULAR_PROBLEM",
            f"fall into {count} parts that share no edge or face (cell {cell} is apart from cell 0); "
            "send a task for each",
            "cells",
            {"parts": str(count), "cell": cell},
        )


def parts(mesh: Mesh) -> tuple[int, Array]:
    """How many parts hang together by facets, and the part of each cell (cells,)."""
    left, right = mesh.f2t[:, mesh.f2t[1] >= 0]
    joined = coo_matrix((np.ones(len(left)), (left, right)), shape=(mesh.nelements, mesh.nelements))
    count, part = connected_components(joined, directed=False)
    return int(count), np.asarray(part)


def refuse_rigid_motions(basis: Basis, fixed: Array, *, rotations: bool = True) -> None:
    """Of a vector basis, some of whose unknowns are prescribed. Raises `Refusal` SINGULAR_PROBLEM."""
    places = basis.doflocs - basis.doflocs.mean(axis=1)[:, None]
    d = len(places)
    axis = np.arange(basis.N) % d
    motions = [(axis == a).astype(float) for a in range(d)]
    if rotations:
        motions += [
            np.where(axis == a, -places[b], np.where(axis == b, places[a], 0.0)) / np.abs(places).max()
            for a in range(d)
            for b in range(a + 1, d)
        ]
    stopped = np.stack(motions, axis=1)[fixed]
    if len(fixed) == 0 or np.linalg.matrix_rank(stopped, tol=1e-9) < len(motions):
        raise Refusal(
            "SINGULAR_PROBLEM",
            "leave a rigid motion free; prescribe u on boundaries that stop all of them",
            "conditions",
        )
