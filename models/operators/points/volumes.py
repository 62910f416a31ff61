"""How much of the domain each point stands for: the weights with which sums over points are integrals.

On a grid these are the trapezoidal rule's. Scattered points are joined to a Delaunay triangulation, and each cell is
shared out among its corners, which integrates linear functions exactly. Cells whose circumscribed circle is larger than
`reach` bridge a hole or a bay and are no part of the domain: what is left is the alpha shape of the points
(Edelsbrunner, Kirkpatrick & Seidel 1983, IEEE Trans. Inf. Theory 29). Holes narrower than 2 `reach` are filled.
"""

from __future__ import annotations

from math import factorial, inf

import numpy as np
from scipy.spatial import Delaunay, QhullError

from models.base import Array, Refusal


def volumes(positions: Array, grid: tuple[int, ...] = (), reach: float = inf) -> Array:
    """(points,) float64, ≥ 0, of positions (points, dim) in 1 to 3 dimensions. A point that lies on another, or apart
    from all by more than `reach` allows, has 0. Raises `Refusal` WRONG_POINTS for points that fill no volume."""
    places = np.asarray(positions, dtype=np.float64)
    if grid:
        return _of_grid(places, grid)
    if places.shape[1] == 1:
        return _of_line(places[:, 0], reach)
    return _of_cloud(places, reach)


def refuse_coarse(of_each: Array, dimension: int, most: float, reason: str) -> None:
    """Raises `Refusal` WRONG_POINTS where points are `most` apart or more, in the mean over the domain; in that over
    points the few that lie alone in large parts of it would hardly count."""
    total = float(of_each.sum())
    apart = (float(of_each @ of_each) / total) ** (1 / dimension) if total > 0 else inf
    if apart >= most:
        message = f"are about {apart:.3g} apart; send points that are less than {most:.3g} apart: {reason}"
        raise Refusal("WRONG_POINTS", message, "positions", {"apart": f"{apart:.6g}", "most": f"{most:.6g}"})


def _of_grid(places: Array, grid: tuple[int, ...]) -> Array:
    lattice = places.reshape(*grid, len(grid))
    product = np.ones(())
    for axis in range(len(grid)):
        along = np.moveaxis(lattice[..., axis], axis, 0).reshape(grid[axis], -1)[:, 0]
        product = np.multiply.outer(product, _of_line(along, inf))
    return product.ravel()


def _of_line(places: Array, reach: float) -> Array:
    order = np.argsort(places, kind="stable")
    gaps = np.diff(places[order])
    gaps[gaps > 2 * reach] = 0.0
    shares = np.zeros(len(places))
    shares[order[:-1]] += gaps / 2
    shares[order[1:]] += gaps / 2
    return shares


def _of_cloud(places: Array, reach: float) -> Array:
    count, dim = places.shape
    try:
        cells = Delaunay(places).simplices
    except (QhullError, ValueError):  # too few points, or all in one line or plane
        message = f"are {count} points that span no volume in {dim} dimensions; send points in general position"
        raise Refusal("WRONG_POINTS", message, "positions", {"points": str(count)}) from None
    edges = places[cells[:, 1:]] - places[cells[:, :1]]
    volume = np.abs(np.linalg.det(edges)) / factorial(dim)
    volume[circumradii(edges) > reach] = 0.0
    return np.bincount(cells.ravel(), weights=np.repeat(volume / (dim + 1), dim + 1), minlength=count)


def circumradii(edges: Array) -> Array:
    """(cells,), of the edges (cells, dim, dim) from one corner of each to the others, in 2 or 3 dimensions; infinite
    where a cell is flat."""
    squares = np.sum(edges**2, axis=2)
    if edges.shape[1] == 2:
        b, c = edges[:, 0], edges[:, 1]
        across = [np.stack((c[:, 1], -c[:, 0]), axis=1), np.stack((-b[:, 1], b[:, 0]), axis=1)]
    else:
        b, c, d = edges[:, 0], edges[:, 1], edges[:, 2]
        across = [np.cross(c, d), np.cross(d, b), np.cross(b, c)]
    # The centre is where  2 edge · centre = |edge|²  for all edges: Cramer's rule.
    centre = sum(squares[:, i, None] * each for i, each in enumerate(across))
    doubled = 2 * np.abs(np.sum(b * across[0], axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        radii = np.linalg.norm(centre, axis=1) / doubled
    return np.asarray(np.where(doubled > 0, radii, inf))
