"""The outputs' shapes of `fem.diffusion`, which its declaration leaves open: they follow from the mesh and the degree.

The unit square in nx × ny squares has (nx + 1)(ny + 1) nodes, 2 nx ny cells and 3 nx ny + nx + ny edges; P2 has a point
on each edge, too. On a mesh of the caller's own the edges would have to be counted: there P2 is left to `apply`.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.base import Array, Scalar

Shape = tuple[int, ...]


def shapes(
    scalars: Mapping[str, Scalar], values: Mapping[str, Array], sizes: Mapping[str, int]
) -> dict[str, Shape | None]:
    """By output; None where it will be absent. `values` are of the inputs that came whole. Empty where it is open."""
    degree = 2 if scalars.get("degree") == 2 else 1
    mesh = _mesh(degree, values.get("divisions"), sizes)
    if mesh is None:
        return {}
    points, cells = mesh
    return {
        "u": (points,),
        "points": (points, 2),
        "cells": (cells, 3 * degree),
        "cell_bound": None if scalars.get("error_bound") == "none" else (cells,),
    }


def _mesh(degree: int, divisions: Array | None, sizes: Mapping[str, int]) -> tuple[int, int] | None:
    """(points, cells)."""
    if divisions is not None and divisions.min() >= 1:
        x, y = divisions.tolist()
        edges = 3 * x * y + x + y
        return (x + 1) * (y + 1) + (edges if degree == 2 else 0), 2 * x * y
    if degree == 1 and "nodes" in sizes and "cells" in sizes:
        return sizes["nodes"], sizes["cells"]
    return None
