"""What keeps cells of any kind from being a mesh, told from their numbers: loose nodes, crowded facets, cells over
each other. Light: NumPy only.

A cell's facet is run with the cell on one side, as its corners are ordered and the cell is turned. The two cells of a
facet lie on different sides of it where they run it in opposite directions. So nothing is rounded, also where a
hexahedron's faces are bent.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from models.base import Array, Refusal

_NAMES = {2: "edge", 3: "face", 4: "face"}  # of facets, by the number of their corners


def refuse_loose_nodes(nodes: Array, cells: Array) -> None:
    """Raises `Refusal` MESH_DEGENERATE."""
    used = np.zeros(len(nodes), dtype=bool)
    used[cells] = True
    if not used.all():
        at = int(np.argmin(used))
        message = "belongs to no cell; leave it out and renumber"
        raise Refusal("MESH_DEGENERATE", message, f"nodes[{at}]", {"node": str(at)})


def directions(facets: Array) -> Array:
    """(...) bool: which way facets (corners, ...) run. It is the same from whichever corner one begins, and the other
    one backwards."""
    if len(facets) < 4:  # the parity of the permutation that sorts them
        orders = [facets[i] < facets[j] for i, j in combinations(range(len(facets)), 2)]
        return np.asarray(np.logical_xor.reduce(orders))
    return np.asarray(_after(facets, 1) < _after(facets, 3))


def refuse_overlaps(cells: Array, facets: Array, cell_facets: Array, sides: Array) -> None:
    """Of cells (cells, corners), facets (facets, corners), the facets of each cell (facets per cell, cells), and the
    sides (likewise, ±1.0) that it lies on: more than two cells at a facet, two on one side of it, or the same cell
    twice. Raises `Refusal` MESH_DEGENERATE.
    """
    counts = np.bincount(cell_facets.ravel(), minlength=len(facets))
    balance = np.bincount(cell_facets.ravel(), weights=sides.ravel(), minlength=len(facets))
    bad = (counts > 2) | ((counts == 2) & (balance != 0))
    if bad.any():
        crowded = counts > 2
        at = int(np.argmax(crowded if crowded.any() else bad))
        raise _overlap(cells, facets[at], np.flatnonzero((cell_facets == at).any(axis=0)))


def refuse_crossed_faces(faces: Array, cell_facets: Array) -> None:
    """Of the faces (4, faces per cell, cells) of hexahedra: two that share four corners, but not the order around.

    Raises `Refusal` MESH_DEGENERATE.
    """
    across = _after(faces, 2)
    seen = np.zeros(int(cell_facets.max()) + 1, dtype=across.dtype)
    seen[cell_facets] = across
    crossed = seen[cell_facets] != across
    if crossed.any():
        at = cell_facets[crossed][0]
        cells, orders = np.nonzero(cell_facets == at)[1], across[cell_facets == at]
        one, other = sorted((int(cells[0]), int(cells[np.argmax(orders != orders[0])])))
        raise Refusal(
            "MESH_DEGENERATE",
            f"has a face of the same corners as cell {other}, but in another order; mend one of them",
            f"cells[{one}]",
            {"cell": str(one), "other_cell": str(other)},
        )


def _after(faces: Array, steps: int) -> Array:
    """(...): the corner that many places after the lowest, around faces (4, ...)."""
    at = (np.argmin(faces, axis=0) + steps) % 4
    return np.asarray(np.take_along_axis(faces, at[None], axis=0)[0])


def _overlap(cells: Array, facet: Array, sharing: Array) -> Refusal:
    name = _NAMES[len(facet)]
    corners = np.sort(cells[sharing], axis=1)
    for i, j in combinations(range(len(sharing)), 2):
        if np.array_equal(corners[i], corners[j]):
            one, other = int(sharing[i]), int(sharing[j])
            message = f"has the same nodes as cell {other}; remove one of them"
            return Refusal("MESH_DEGENERATE", message, f"cells[{one}]", {"cell": str(one), "other_cell": str(other)})
    one, other = (int(cell) for cell in sharing[:2])
    if len(sharing) > 2:
        nodes = ",".join(map(str, np.sort(facet).tolist()))
        return Refusal(
            "MESH_DEGENERATE",
            f"shares its {name} ({nodes}) with {len(sharing) - 1} other cells; {'an' if name == 'edge' else 'a'} "
            f"{name} has at most two cells",
            f"cells[{one}]",
            {"cell": str(one), name: nodes, f"cells_at_{name}": str(len(sharing))},
        )
    return Refusal(
        "MESH_DEGENERATE",
        f"lies on the same side of their common {name} as cell {other}: the cells overlap; remove one of them",
        f"cells[{one}]",
        {"cell": str(one), "other_cell": str(other)},
    )
