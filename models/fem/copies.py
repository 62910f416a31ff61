"""Parts of a mesh that are there twice, with nodes of their own: found where boundary facets are at the same place."""

from __future__ import annotations

import numpy as np

from models.base import Array, Refusal
from models.fem.conforming import directions


def refuse_copies(nodes: Array, facets: Array, owners: Array, is_turned: Array) -> None:
    """Of a mesh's boundary facets (n, corners), their cells (n,), and (n,) bool whether each runs clockwise about the
    outward normal: two at the same place, with their cells on the same side. At a crack they are on different sides.

    Places are the same where all of their digits are, so that no sound mesh is refused. Copies that round-off moved
    are not found, nor are parts that lie over others in another way. Raises `Refusal` MESH_DEGENERATE.
    """
    numbers = _by_place(nodes, np.unique(facets))
    if numbers is None:
        return
    corners = numbers[facets]
    sides = np.where(directions(corners.T) ^ is_turned, 1, -1)
    _, place = np.unique(np.sort(corners, axis=1), axis=0, return_inverse=True)
    order = np.lexsort((sides, place.ravel()))
    same = (np.diff(place.ravel()[order]) == 0) & (np.diff(sides[order]) == 0)
    if same.any():
        at = int(np.argmax(same))
        one, other = sorted(int(owners[i]) for i in order[at : at + 2])
        raise Refusal(
            "MESH_DEGENERATE",
            f"lies over cell {other}: two of their facets are at the same place, and both cells on one side of it; "
            "remove one of them",
            f"cells[{one}]",
            {"cell": str(one), "other_cell": str(other)},
        )


def _by_place(nodes: Array, chosen: Array) -> Array | None:
    """(nodes,): the same number for chosen nodes at the same place; None where no two are."""
    order = chosen[np.lexsort(nodes[chosen].T)]
    differs = (np.diff(nodes[order], axis=0) != 0).any(axis=1)
    if differs.all():
        return None
    numbers = np.zeros(len(nodes), dtype=np.int64)
    numbers[order[1:]] = np.cumsum(differs)
    return numbers
