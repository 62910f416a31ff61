"""Rectangles and boxes of equal bricks, numbered as the server numbers them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from faraday.client.mesh import Mesh


def unit_square(x_count: int, y_count: int | None = None) -> Mesh:
    """(0,1)², cut into x_count × y_count rectangles (x_count × x_count by default) of two triangles each.

    Node i + j (x_count + 1) is at (i / x_count, j / y_count). The cells of rectangle r = i + j x_count are 2r, below
    the diagonal from lower left to upper right, and 2r + 1, above it.
    """
    y_count = x_count if y_count is None else y_count
    if x_count < 1 or y_count < 1:
        raise ValueError(f"a unit square of {x_count} × {y_count} rectangles; at least one each way is needed")
    return _bricks((x_count, y_count), None)


def rectangle(x_count: int, y_count: int, lengths: Sequence[float]) -> Mesh:
    """(0, lengths[0]) × (0, lengths[1]), cut as `unit_square` is. Diffusion is solved on unit squares only."""
    return _checked((x_count, y_count), lengths)


def box(x_count: int, y_count: int, z_count: int, lengths: Sequence[float] = (1.0, 1.0, 1.0)) -> Mesh:
    """A box with one corner at 0, cut into x_count × y_count × z_count bricks of six tetrahedra each.

    Node i + (x_count + 1)(j + (y_count + 1) k) is at the i-th, j-th and k-th place along the axes. The cells of brick
    b = i + x_count (j + y_count k) are 6b to 6b + 5: one for each order in which a path along the axes leads from its
    lowest to its highest corner, orders being sorted (Kuhn 1960, IBM J. Res. Dev. 4, 518).
    """
    return _checked((x_count, y_count, z_count), lengths)


def _checked(counts: tuple[int, ...], lengths: Sequence[float]) -> Mesh:
    if min(counts) < 1:
        raise ValueError(f"{' × '.join(map(str, counts))} bricks; at least one each way is needed")
    if len(lengths) != len(counts) or not all(length > 0 for length in lengths):
        raise ValueError(f"lengths are {tuple(lengths)}; send {len(counts)} numbers above 0")
    return _bricks(counts, tuple(float(length) for length in lengths))


def _bricks(counts: tuple[int, ...], lengths: tuple[float, ...] | None) -> Mesh:
    axes = range(len(counts))
    places = np.meshgrid(*(np.arange(count + 1) / count for count in reversed(counts)), indexing="ij")
    nodes = np.column_stack([place.ravel() for place in reversed(places)])
    steps = np.cumprod([1, *(count + 1 for count in counts[:-1])])
    bricks = np.meshgrid(*(np.arange(count) for count in reversed(counts)), indexing="ij")
    lowest = sum(step * brick.ravel() for step, brick in zip(steps, reversed(bricks), strict=True))
    paths = np.array([np.concatenate(([0], np.cumsum(steps[list(order)]))) for order in permutations(axes)])
    if len(counts) == 2:
        paths[1] = paths[1][[0, 2, 1]]  # the server names the corners of the upper triangle counter-clockwise
    cells = (np.asarray(lowest)[:, None, None] + paths).reshape(-1, len(counts) + 1)
    return Mesh(nodes if lengths is None else nodes * lengths, cells, counts, lengths)
