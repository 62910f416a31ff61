"""Meshes for a request, with the numbering of points that the answer will have.

For degree 1 the points are the nodes; for degree 2 the nodes, then the midpoints of the edges, which are ordered
lexicographically as sorted pairs of nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

import numpy as np
import numpy.typing as npt

from faraday.client.tensors import Array, encode
from faraday.v1 import finite_element_pb2 as pb

Predicate = Callable[..., npt.ArrayLike]  # of coordinates x (n,), y (n,) and in space z (n,), to booleans (n,)


@dataclass(frozen=True, eq=False)
class Mesh:
    """Made by `unit_square`, `rectangle`, `box`, `triangles` or `tetrahedra`, or by the server: `client.fem.read_mesh`.

    Where it has `divisions` the server makes it anew, and where it has a `mesh_id` the server has it already: nodes
    and cells are not sent then.
    """

    nodes: Array  # float64 (nodes, 2) or (nodes, 3)
    cells: Array  # int64 (cells, 3) or (cells, 4); of a file also quadrilaterals and hexahedra, in VTK's order
    divisions: tuple[int, ...] | None = None  # of a rectangle or a box
    lengths: tuple[float, ...] | None = None  # of its sides; 1 where not set
    mesh_id: str = ""  # under which the server keeps it: see `client.fem.upload`
    boundaries: Mapping[str, Array] = field(default_factory=dict)  # parts with a name: facets (n, axes) by their nodes
    subdomains: Mapping[str, Array] = field(default_factory=dict)  # of a file: the cells of each that it names
    origins: Array | None = None  # of a refined mesh: the cell that each was a part of

    def named(self, **where: npt.ArrayLike | Predicate) -> Mesh:
        """With more named parts of its boundary: facets by their nodes, or a predicate of their centroids."""
        parts = {name: self.boundary_facets(at) if callable(at) else np.asarray(at) for name, at in where.items()}
        return replace(self, boundaries={**self.boundaries, **parts}, mesh_id="")

    def message(self) -> pb.Mesh:
        """By its name where the server keeps it, by its divisions where the server can make it, else whole."""
        if self.mesh_id:
            return pb.Mesh(mesh_id=self.mesh_id)
        if self.divisions is None or self.boundaries:
            return self._whole()
        if self.lengths is None and len(self.divisions) == 2:
            x_count, y_count = self.divisions
            return pb.Mesh(unit_square=pb.UnitSquare(x_count=x_count, y_count=y_count))
        made = pb.Structured(divisions=encode(self.divisions, "int64"))
        if self.lengths is not None:
            made.lengths.CopyFrom(encode(self.lengths))
        return pb.Mesh(structured=made)

    def content(self) -> pb.Cells:
        """All of it."""
        made = pb.Cells(nodes=encode(self.nodes), cells=encode(self.cells))
        if self.boundaries:
            labels = [np.full(len(facets), number) for number, facets in enumerate(self.boundaries.values())]
            made.boundary_facets.CopyFrom(encode(np.concatenate([*self.boundaries.values()]), "int64"))
            made.boundary_labels.CopyFrom(encode(np.concatenate(labels), "int64"))
            made.boundary_names = ", ".join(self.boundaries)
        return made

    def _whole(self) -> pb.Mesh:
        made = self.content()
        if self.boundaries or self.cells.shape[1] != 3:
            return pb.Mesh(cells=made)
        return pb.Mesh(triangles=pb.Triangles(nodes=made.nodes, cells=made.cells))

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
        self._refuse_bricks()
        return np.unique(_keys(_subsets(self.cells, 2), len(self.nodes)))

    @cached_property
    def _outer_facets(self) -> Array:
        """Facets of one cell only, as sorted nodes, lexicographic."""
        self._refuse_bricks()
        facets = _subsets(self.cells, self.nodes.shape[1])
        _, first, counts = np.unique(_keys(facets, len(self.nodes)), return_index=True, return_counts=True)
        return np.asarray(facets[first[counts == 1]])

    def _refuse_bricks(self) -> None:
        """Of triangles and tetrahedra any nodes of a cell are an edge or a face."""
        if self.cells.shape[1] != self.nodes.shape[1] + 1:
            raise ValueError(
                "edges and faces of quadrilaterals and hexahedra are not found here; name boundaries in the file"
            )


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
