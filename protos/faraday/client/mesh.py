"""Meshes for a request, with the numbering of points that the answer will have.

For degree 1 the points are the nodes; for degree 2 the nodes, then the midpoints of the edges, which are ordered
lexicographically as sorted pairs of nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import numpy.typing as npt

from faraday.client.tensors import Array

Predicate = Callable[..., npt.ArrayLike]  # of coordinates x (n,), y (n,) and in space z (n,), to booleans (n,)


@dataclass(frozen=True, eq=False)
class Mesh:
    """Made by `unit_square`, `rectangle`, `box`, `triangles` or `tetrahedra`.

    Where it has `divisions` the server makes it anew, and where it has a `mesh_id` the server has it already: nodes
    and cells are not sent then.
    """

    nodes: Array  # float64 (nodes, 2) or (nodes, 3)
    cells: Array  # int64 (cells, 3) or (cells, 4)
    divisions: tuple[int, ...] | None = None  # of a rectangle or a box
    lengths: tuple[float, ...] | None = None  # of its sides; 1 where not set
    mesh_id: str = ""  # under which the server keeps it: see `client.fem.upload`

    def points(self, degree: int = 1) -> Array:
        """(points, axes): where the values of an element of this degree live."""
        if degree == 1:
            return self.nodes
        return np.concatenate((self.nodes, self.nodes[self.edges].mean(axis=1)))

    def boundary(self, degree: int = 1, where: Predicate | None = None) -> Array:
        """The numbers of the points on the boundary, ascending; only those where the predicate holds, if given."""
        outer = self.boundary_facets()
        numbers = np.unique(outer)
        if degree == 2:
            sides = np.searchsorted(self._edge_keys, _keys(_subsets(outer, 2), len(self.nodes)))
            numbers = np.concatenate((numbers, len(self.nodes) + np.unique(sides)))
        return numbers if where is None else numbers[holds(where, self.points(degree)[numbers])]

    def boundary_facets(self, where: Predicate | None = None) -> Array:
        """(n, axes): the edges, or in space the faces, of the boundary by their nodes; only those whose centroid the
        predicate holds at, if given."""
        outer = self._outer_facets
        return outer if where is None else outer[holds(where, self.nodes[outer].mean(axis=1))]

    def boundary_edges(self, where: Predicate | None = None) -> Array:
        """(n, 2): of triangles, their name in the plane."""
        return self.boundary_facets(where)

    def where(self, predicate: Predicate, degree: int = 1) -> Array:
        """The numbers of all points where the predicate holds, inner ones too."""
        return np.flatnonzero(holds(predicate, self.points(degree)))

    @property
    def centroids(self) -> Array:
        """(cells, axes)"""
        return np.asarray(self.nodes[self.cells].mean(axis=1))

    @cached_property
    def edges(self) -> Array:
        """(edges, 2): sorted pairs of nodes, lexicographic."""
        return np.column_stack(np.divmod(self._edge_keys, len(self.nodes)))

    @cached_property
    def _edge_keys(self) -> Array:
        """(edges,): low node · nodes + high node, ascending."""
        return np.unique(_keys(_subsets(self.cells, 2), len(self.nodes)))

    @cached_property
    def _outer_facets(self) -> Array:
        """Facets of one cell only, as sorted nodes, lexicographic."""
        facets = _subsets(self.cells, self.nodes.shape[1])
        _, first, counts = np.unique(_keys(facets, len(self.nodes)), return_index=True, return_counts=True)
        return np.asarray(facets[first[counts == 1]])


def holds(predicate: Predicate, points: Array) -> Array:
    """(points,) bool: where the predicate holds."""
    return np.broadcast_to(np.asarray(predicate(*points.T), dtype=bool), len(points))


def triangles(nodes: npt.ArrayLike, cells: npt.ArrayLike) -> Mesh:
    """A triangulation of your own: nodes (n, 2) and the nodes (m, 3) of each cell, in either orientation."""
    return _own(nodes, cells, 2)


def tetrahedra(nodes: npt.ArrayLike, cells: npt.ArrayLike) -> Mesh:
    """Tetrahedra of your own: nodes (n, 3) and the nodes (m, 4) of each cell, in either orientation."""
    return _own(nodes, cells, 3)


def _own(nodes: npt.ArrayLike, cells: npt.ArrayLike, axes: int) -> Mesh:
    mesh = Mesh(np.asarray(nodes, dtype=np.float64), np.asarray(cells, dtype=np.int64))
    if mesh.nodes.ndim != 2 or mesh.nodes.shape[1] != axes:
        raise ValueError(f"nodes have shape {mesh.nodes.shape}; send (n, {axes})")
    if mesh.cells.ndim != 2 or mesh.cells.shape[1] != axes + 1:
        raise ValueError(f"cells have shape {mesh.cells.shape}; send (m, {axes + 1})")
    if mesh.cells.size and not 0 <= mesh.cells.min() <= mesh.cells.max() < len(mesh.nodes):
        raise ValueError(f"cells name nodes outside 0 to {len(mesh.nodes) - 1}")
    return mesh


def _subsets(rows: Array, size: int) -> Array:
    """(n, size): all subsets of so many of each row's nodes, sorted."""
    picked = np.array(list(combinations(range(rows.shape[1]), size)))
    return np.asarray(np.sort(rows, axis=1)[:, picked].reshape(-1, size))


def _keys(tuples: Array, node_count: int) -> Array:
    """(n,): ascending with the tuples' lexicographic order; faces of up to two million nodes fit into 64 bits."""
    keys = tuples[:, 0]
    for column in tuples.T[1:]:
        keys = keys * node_count + column
    return np.asarray(keys)
