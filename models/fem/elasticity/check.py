"""What the arrays of an elasticity task alone show to be wrong: ranges, sizes, signs and pairs. Light: NumPy only.

Each function raises the first `Refusal` that it finds. What needs the edges and faces of the mesh is refused by the
solver.
"""

from __future__ import annotations

from math import prod

import numpy as np

from models.base import Array, Refusal
from models.fem.check import check_pair, check_range, check_size, check_unique
from models.fem.mesh import FLATNESS

# By dimension and degree: between a third and half a million unknowns.
MAX_CELLS = {(2, 1): 400_000, (2, 2): 100_000, (3, 1): 600_000, (3, 2): 80_000}

# Lengths whose cubes, and the energies made of them, are well within floating point.
SMALLEST, LARGEST = 1e-60, 1e60

# By degree: beyond it elements lock. See DESIGN.md for what was measured at these limits.
MAX_POISSON = {1: 0.45, 2: 0.499}


def check_mesh(
    divisions: Array | None, lengths: Array | None, nodes: Array | None, cells: Array | None, degree: int
) -> tuple[int, int, int, int | None]:
    """The dimension and the numbers of nodes, cells and points; the last is None where edges must be counted.

    Raises `Refusal` MESH_AMBIGUOUS, MESH_DEGENERATE, WRONG_SHAPE, NOT_POSITIVE or OUT_OF_RANGE.
    """
    if divisions is not None and nodes is None and cells is None:
        return _check_divisions(divisions, lengths, degree)
    if divisions is None and lengths is None and nodes is not None and cells is not None:
        return _check_simplices(nodes, cells, degree)
    arrays = {"divisions": divisions, "lengths": lengths, "nodes": nodes, "cells": cells}
    given = [name for name, array in arrays.items() if array is not None]
    names = ", ".join(given) or "nothing"
    raise Refusal(
        "MESH_AMBIGUOUS",
        f"the mesh is given by {names}; send either divisions (and lengths), or nodes and cells",
        given[0] if given else "divisions",
        {"given": names},
    )


def check_material(young: Array, poisson: Array, cell_count: int) -> None:
    """Raises `Refusal` WRONG_SIZE, NOT_POSITIVE or OUT_OF_RANGE."""
    check_size("young_modulus", young, (1, cell_count), "one value, or one per cell")
    _check_positive("young_modulus", young)
    check_size("poisson_ratio", poisson, (1, cell_count), "one value, or one per cell")
    wrong = ~((poisson > -1) & (poisson < 0.5))
    if wrong.any():
        at = int(np.argmax(wrong))
        value = str(poisson[at])
        raise Refusal("OUT_OF_RANGE", f"is {value}; send -1 < ν < 0.5", f"poisson_ratio[{at}]", {"value": value})


def check_locking(poisson: Array, degree: int) -> None:
    """Raises `Refusal` LOCKING where elements of this degree are far too stiff because ν is near 1/2."""
    limit = MAX_POISSON[degree]
    if (poisson > limit).any():
        at = int(np.argmax(poisson > limit))
        advice = f"send degree 2, which takes ν up to {MAX_POISSON[2]}" if degree == 1 else "this takes a mixed method"
        raise Refusal(
            "LOCKING",
            f"is {poisson[at]}, so nearly incompressible that elements of degree {degree} are far too stiff beyond "
            f"{limit}; {advice}",
            f"poisson_ratio[{at}]",
            {"value": str(poisson[at]), "limit": str(limit), "degree": str(degree)},
        )


def check_plane(plane: str, dimension: int) -> None:
    """Raises `Refusal` UNKNOWN_CHOICE."""
    if dimension == 3 and plane != "strain":
        raise Refusal(
            "UNKNOWN_CHOICE", f"is {plane!r}; tetrahedra have no plane: send strain", "plane", {"choices": "strain"}
        )


def check_fixed(points: Array | None, axes: Array | None, values: Array | None, dimension: int) -> None:
    """Raises `Refusal` MISSING_TENSOR, SINGULAR_PROBLEM, OUT_OF_RANGE or DUPLICATE."""
    check_pair("fixed_points", points, "fixed_axes", axes)
    check_pair("fixed_points", points, "fixed_values", values)
    if points is None or axes is None or len(points) == 0:
        raise Refusal(
            "SINGULAR_PROBLEM",
            "no displacement is prescribed, so that every rigid motion is free; prescribe displacements that stop them",
            "fixed_points",
        )
    check_range("fixed_axes", axes, dimension, "axes")
    check_unique("fixed_points", points * dimension + axes)


def check_tractions(facets: Array | None, values: Array | None, dimension: int, node_count: int) -> None:
    """Raises `Refusal` MISSING_TENSOR, WRONG_SHAPE, OUT_OF_RANGE or DUPLICATE."""
    check_pair("traction_facets", facets, "traction_values", values)
    if facets is None or values is None:
        return
    if values.ndim == 3 and values.shape[1] != facets.shape[1]:
        raise _wrong_shape("traction_values", values, f"({len(facets)}, {facets.shape[1]}, {dimension})")
    check_range("traction_facets", facets, node_count, "nodes")
    ordered = np.sort(facets, axis=1)
    repeats = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
    if repeats.any():
        at = int(np.argmax(repeats))
        corners = ", ".join(map(str, facets[at]))
        raise Refusal(
            "OUT_OF_RANGE",
            f"names a node twice: {corners}; send {dimension} different nodes",
            f"traction_facets[{at}]",
            {"nodes": corners},
        )
    _, same = np.unique(ordered, axis=0, return_inverse=True)
    check_unique("traction_facets", same.ravel())


def _check_divisions(divisions: Array, lengths: Array | None, degree: int) -> tuple[int, int, int, int]:
    counts = [int(count) for count in divisions]
    dimension = len(counts)
    _check_dimension("divisions", divisions, dimension)
    for axis, count in enumerate(counts):
        if count < 1:
            raise Refusal("OUT_OF_RANGE", f"is {count}; send at least 1", f"divisions[{axis}]", {"value": str(count)})
    if lengths is not None:
        _check_lengths(lengths, divisions)
    cells = prod(counts) * (2 if dimension == 2 else 6)
    _check_cell_count(cells, dimension, degree, "divisions")
    return dimension, prod(n + 1 for n in counts), cells, prod(degree * n + 1 for n in counts)


def _check_lengths(lengths: Array, divisions: Array) -> None:
    _check_positive("lengths", lengths)
    bricks = lengths / divisions
    longest = float(bricks.max())
    if not (SMALLEST < longest < LARGEST and np.prod(bricks / longest) >= FLATNESS):
        sides = " × ".join(f"{side:.3g}" for side in bricks)
        raise Refusal(
            "MESH_DEGENERATE", f"make bricks of {sides}, which are flat or out of scale", "lengths", {"sides": sides}
        )


def _check_simplices(nodes: Array, cells: Array, degree: int) -> tuple[int, int, int, int | None]:
    dimension = nodes.shape[1]
    _check_dimension("nodes", nodes, dimension)
    if cells.shape[1] != dimension + 1:
        raise _wrong_shape("cells", cells, f"({len(cells)}, {dimension + 1}) for nodes in {dimension} dimensions")
    _check_cell_count(len(cells), dimension, degree, "cells")
    check_range("cells", cells, len(nodes), "nodes")
    return dimension, len(nodes), len(cells), len(nodes) if degree == 1 else None


def _check_dimension(name: str, array: Array, dimension: int) -> None:
    if dimension not in (2, 3):
        raise _wrong_shape(name, array, "2 or 3 columns" if array.ndim == 2 else "(2) or (3)")


def _check_cell_count(count: int, dimension: int, degree: int, field: str) -> None:
    limit = MAX_CELLS[dimension, degree]
    if not 1 <= count <= limit:
        details = {"cells": str(count), "limit": str(limit), "degree": str(degree)}
        raise Refusal("OUT_OF_RANGE", f"makes {count} cells; send 1 to {limit} of degree {degree}", field, details)


def _check_positive(name: str, values: Array) -> None:
    if not (values > 0).all():
        at = int(np.argmin(values > 0))
        value = str(values[at])
        raise Refusal("NOT_POSITIVE", f"is {value}; send a positive number", f"{name}[{at}]", {"value": value})


def _wrong_shape(name: str, array: Array, want: str) -> Refusal:
    got = "(" + ", ".join(map(str, array.shape)) + ")"
    return Refusal("WRONG_SHAPE", f"has shape {got}; send {want}", name, {"got": got, "want": want})
