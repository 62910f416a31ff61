"""Triangulations for a request, with the numbering of points that the answer will have.

For degree 1 the points are the nodes; for degree 2 the nodes, then the midpoints of the edges, which are ordered
lexicographically as sorted pairs of nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from faraday.client.tensors import Array

Predicate = Callable[[Array, Array], npt.ArrayLike]  # of coordinates x (n,) and y (n,), to booleans (n,)


@dataclass(frozen=True, eq=False)
class Mesh:
    """Made by `unit_square` or `triangles`."""

    nodes: Array  # float64 (nodes, 2)
    cells: Array  # int64 (cells, 3)
    divisions: tuple[int, int] | None = (
        None  # of the unit square: the server makes it anew, nodes and cells are not sent
    )

    def points(self, degree: int = 1) -> Array:
        """(points, 2): where the values of an element of this degree live."""
        if degree == 1:
            return self.nodes
        return np.concatenate((self.nodes, self.nodes[self.edges].mean(axis=1)))

    def boundary(self, degree: int = 1, where: Predicate | None = None) -> Array:
        """The numbers of the points on the boundary, ascending; only those where the predicate holds, if given."""
        outer = self.edges[self._is_outer]
        numbers = np.unique(outer)
        if degree == 2:
            numbers = np.concatenate((numbers, len(self.nodes) + np.flatnonzero(self._is_outer)))
        return numbers if where is None else numbers[holds(where, self.points(degree)[numbers])]

    def boundary_edges(self, where: Predicate | None = None) -> Array:
        """(n, 2): the edges of the boundary as pairs of nodes; only those at whose midpoint the predicate holds."""
        outer = self.edges[self._is_outer]
        return outer if where is None else outer[holds(where, self.nodes[outer].mean(axis=1))]

    def where(self, predicate: Predicate, degree: int = 1) -> Array:
        """The numbers of all points where the predicate holds, inner ones too."""
        return np.flatnonzero(holds(predicate, self.points(degree)))

    @property
    def centroids(self) -> Array:
        """(cells, 2)"""
        return np.asarray(self.nodes[self.cells].mean(axis=1))

    @cached_property
    def edges(self) -> Array:
        """(edges, 2): sorted pairs of nodes, lexicographic."""
        return np.column_stack(np.divmod(self._edge_keys[0], len(self.nodes)))

    @property
    def _is_outer(self) -> Array:
        return np.asarray(self._edge_keys[1] == 1)

    @cached_property
    def _edge_keys(self) -> tuple[Array, Array]:
        """One ascending number for each edge, low node · nodes + high node, and how many cells have it."""
        pairs = np.sort(self.cells[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        return np.unique(pairs[:, 0] * len(self.nodes) + pairs[:, 1], return_counts=True)


def holds(predicate: Predicate, points: Array) -> Array:
    """(points,) bool: where the predicate holds."""
    return np.broadcast_to(np.asarray(predicate(points[:, 0], points[:, 1]), dtype=bool), len(points))


def unit_square(x_count: int, y_count: int | None = None) -> Mesh:
    """(0,1)², cut into x_count × y_count rectangles (x_count × x_count by default) of two triangles each.

    Node i + j (x_count + 1) is at (i / x_count, j / y_count). The cells of rectangle r = i + j x_count are 2r, below
    the diagonal from lower left to upper right, and 2r + 1, above it.
    """
    y_count = x_count if y_count is None else y_count
    if x_count < 1 or y_count < 1:
        raise ValueError(f"a unit square of {x_count} × {y_count} rectangles; at least one each way is needed")
    x, y = np.meshgrid(np.arange(x_count + 1) / x_count, np.arange(y_count + 1) / y_count)
    lower_left = (np.arange(x_count) + (x_count + 1) * np.arange(y_count)[:, None]).ravel()
    lower_right, upper_left = lower_left + 1, lower_left + x_count + 1
    upper_right = upper_left + 1
    below = np.column_stack((lower_left, lower_right, upper_right))
    above = np.column_stack((lower_left, upper_right, upper_left))
    cells = np.hstack((below, above)).reshape(-1, 3)
    return Mesh(np.column_stack((x.ravel(), y.ravel())), cells, (x_count, y_count))


def triangles(nodes: npt.ArrayLike, cells: npt.ArrayLike) -> Mesh:
    """A triangulation of your own: nodes (n, 2) and the nodes (m, 3) of each cell, in either orientation."""
    mesh = Mesh(np.asarray(nodes, dtype=np.float64), np.asarray(cells, dtype=np.int64))
    if mesh.nodes.ndim != 2 or mesh.nodes.shape[1] != 2:
        raise ValueError(f"nodes have shape {mesh.nodes.shape}; send (n, 2)")
    if mesh.cells.ndim != 2 or mesh.cells.shape[1] != 3:
        raise ValueError(f"cells have shape {mesh.cells.shape}; send (m, 3)")
    if mesh.cells.size and not 0 <= mesh.cells.min() <= mesh.cells.max() < len(mesh.nodes):
        raise ValueError(f"cells name nodes outside 0 to {len(mesh.nodes) - 1}")
    return mesh
