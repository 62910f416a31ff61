"""What the arrays of a diffusion task alone show to be wrong: ranges, sizes, signs and pairs. Light: NumPy only.

Each function raises the first `Refusal` that it finds. What needs the edges of the mesh is refused by the solver: see
`mesh`, `hanging` and `boundary`.
"""

from __future__ import annotations

import numpy as np

from models.base import Array, Refusal

# By degree: about half a million unknowns either way, which one CPU solves in half a minute within 4 GB. More belongs
# to an iterative, distributed solver.
MAX_CELLS = {1: 1_000_000, 2: 250_000}


def check_mesh(
    divisions: Array | None, nodes: Array | None, cells: Array | None, degree: int
) -> tuple[int, int, int | None]:
    """The numbers of nodes, cells and points; the last is None for triangles of degree 2, whose edges must be counted.

    Raises `Refusal` MESH_AMBIGUOUS or OUT_OF_RANGE.
    """
    if divisions is not None and nodes is None and cells is None:
        return _check_divisions(divisions, degree)
    if divisions is None and nodes is not None and cells is not None:
        return _check_triangles(nodes, cells, degree)
    given = [n for n, array in (("divisions", divisions), ("nodes", nodes), ("cells", cells)) if array is not None]
    names = ", ".join(given) or "nothing"
    raise Refusal(
        "MESH_AMBIGUOUS",
        f"the mesh is given by {names}; send either divisions, or nodes and cells",
        given[0] if given else "divisions",
        {"given": names},
    )


def check_conductivity(conductivity: Array, cell_count: int) -> None:
    """Raises `Refusal` WRONG_SIZE or NOT_POSITIVE."""
    check_size("conductivity", conductivity, (1, cell_count), "one value, or one per cell")
    check_positive("conductivity", conductivity, "k > 0")


def check_dirichlet(points: Array | None, values: Array | None) -> None:
    """Raises `Refusal` MISSING_TENSOR, SINGULAR_PROBLEM or DUPLICATE."""
    check_pair("dirichlet_points", points, "dirichlet_values", values)
    if points is None or len(points) == 0:
        raise Refusal(
            "SINGULAR_PROBLEM",
            "there is no Dirichlet point, so that u is determined up to a constant at best; "
            "give u at the points of at least one boundary edge",
            "dirichlet_points",
        )
    check_unique("dirichlet_points", points)


def check_neumann(
    edges: Array | None,
    values: Array | None,
    node_count: int,
    name: str = "neumann_edges",
    values_name: str = "neumann_values",
) -> None:
    """Raises `Refusal` MISSING_TENSOR, OUT_OF_RANGE or DUPLICATE."""
    check_pair(name, edges, values_name, values)
    if edges is None:
        return
    check_range(name, edges, node_count, "nodes")
    low, high = edges.min(axis=1), edges.max(axis=1)
    if (low == high).any():
        at = int(np.argmax(low == high))
        node = str(low[at])
        raise Refusal("OUT_OF_RANGE", f"joins node {node} to itself; send two nodes", f"{name}[{at}]", {"node": node})
    check_unique(name, low * node_count + high)


def check_size(name: str, array: Array, allowed: tuple[int, ...], meaning: str) -> None:
    """Raises `Refusal` WRONG_SIZE."""
    if len(array) not in allowed:
        got, want = str(len(array)), " or ".join(map(str, dict.fromkeys(allowed)))
        raise Refusal("WRONG_SIZE", f"has {got} values; send {want} ({meaning})", name, {"got": got, "want": want})


def check_range(name: str, indices: Array, count: int, of_what: str) -> None:
    """Raises `Refusal` OUT_OF_RANGE."""
    wrong = (indices < 0) | (indices >= count)
    if wrong.any():
        at = tuple(np.argwhere(wrong)[0].tolist())
        value = str(indices[at])
        raise Refusal(
            "OUT_OF_RANGE",
            f"is {value}; the {of_what} are numbered from 0 to {count - 1}",
            f"{name}[{', '.join(map(str, at))}]",
            {"value": value, "count": str(count)},
        )


def check_between(name: str, value: float, lowest: float, highest: float) -> None:
    """Raises `Refusal` OUT_OF_RANGE."""
    if not lowest <= value <= highest:
        details = {"value": str(value), "lowest": str(lowest), "highest": str(highest)}
        raise Refusal("OUT_OF_RANGE", f"is {value}; send {lowest} to {highest}", name, details)


def check_positive(name: str, array: Array, wanted: str) -> None:
    """Raises `Refusal` NOT_POSITIVE."""
    if not (array > 0).all():
        at = int(np.argmin(array > 0))
        value = str(array[at])
        raise Refusal("NOT_POSITIVE", f"is {value}; send {wanted}", f"{name}[{at}]", {"value": value})


def check_pair(name: str, one: Array | None, other_name: str, other: Array | None) -> None:
    """Raises `Refusal` MISSING_TENSOR where one is sent without the other."""
    missing, present = (name, other_name) if one is None else (other_name, name)
    if (one is None) != (other is None):
        raise Refusal("MISSING_TENSOR", f"is required where {present} is sent", missing, {"tensor": missing})


def check_unique(name: str, keys: Array) -> None:
    """Raises `Refusal` DUPLICATE."""
    _, first = np.unique(keys, return_index=True)
    if len(first) == len(keys):
        return
    repeated = np.ones(len(keys), dtype=bool)
    repeated[first] = False
    at = int(np.argmax(repeated))
    earlier = str(np.argmax(keys == keys[at]))
    details = {"entry": str(at), "earlier": earlier}
    raise Refusal("DUPLICATE", f"repeats entry {earlier}; send each once", f"{name}[{at}]", details)


def _check_divisions(divisions: Array, degree: int) -> tuple[int, int, int]:
    for axis, count in enumerate(divisions.tolist()):
        if count < 1:
            raise Refusal("OUT_OF_RANGE", f"is {count}; send at least 1", f"divisions[{axis}]", {"value": str(count)})
    nx, ny = divisions.tolist()
    _check_cell_count(2 * nx * ny, degree, "divisions")
    nodes, edges = (nx + 1) * (ny + 1), nx * (ny + 1) + ny * (nx + 1) + nx * ny
    return nodes, 2 * nx * ny, nodes if degree == 1 else nodes + edges


def _check_triangles(nodes: Array, cells: Array, degree: int) -> tuple[int, int, int | None]:
    _check_cell_count(len(cells), degree, "cells")
    check_range("cells", cells, len(nodes), "nodes")
    return len(nodes), len(cells), len(nodes) if degree == 1 else None


def _check_cell_count(count: int, degree: int, field: str) -> None:
    limit = MAX_CELLS[degree]
    if not 1 <= count <= limit:
        details = {"cells": str(count), "limit": str(limit), "degree": str(degree)}
        raise Refusal("OUT_OF_RANGE", f"makes {count} cells; send 1 to {limit} of degree {degree}", field, details)
