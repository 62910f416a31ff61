"""Triangulations: nodes, cells, edges and how they meet. Holds both point numberings of the task.

Nodes keep the caller's numbers. Edges are sorted pairs of nodes, numbered lexicographically. Each cell turns
counter-clockwise; its local edges are (0,1), (1,2), (2,0).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from models.base import Array, Refusal
from models.fem.conforming import refuse_loose_nodes, refuse_overlaps

if TYPE_CHECKING:
    from models.fem.fans import Fans

# Twice the area over the squared longest edge. Below it a gradient on the cell has lost half of its 16 digits.
FLATNESS = 1e-8

NO_CELL = -1


@dataclass(frozen=True, eq=False)
class Triangulation:
    """A conforming triangulation, made by `triangulate` or `unit_square`."""

    nodes: Array  # (nodes, 2)
    cells: Array  # (cells, 3) nodes, counter-clockwise
    edges: Array  # (edges, 2) nodes, low < high, lexicographic
    cell_edges: Array  # (cells, 3)
    cell_signs: Array  # (cells, 3): +1.0 where the cell runs its edge from low to high node, else -1.0
    edge_cells: Array  # (edges, 2): the one or two cells at an edge; NO_CELL beyond the boundary

    @property
    def is_boundary(self) -> Array:
        """(edges,) bool."""
        return np.asarray(self.edge_cells[:, 1] == NO_CELL)

    @cached_property
    def areas(self) -> Array:
        """(cells,)"""
        return _signed_areas(self.nodes, self.cells)

    @property
    def volumes(self) -> Array:
        """(cells,): the areas, by the name that all dimensions share; see `simplicial`."""
        return self.areas

    @property
    def facets(self) -> Array:
        """(edges, 2): the edges likewise."""
        return self.edges

    @property
    def facet_cells(self) -> Array:
        """(edges, 2)"""
        return self.edge_cells

    @property
    def facet_measures(self) -> Array:
        """(edges,)"""
        return self.edge_lengths

    @cached_property
    def gradients(self) -> Array:
        """(cells, 3, 2): the gradients of the barycentric coordinates."""
        corners = self.nodes[self.cells]
        sides = np.roll(corners, -2, axis=1) - np.roll(corners, -1, axis=1)  # from corner i+1 to i+2, opposite i
        turned = np.stack((-sides[..., 1], sides[..., 0]), axis=-1)
        return np.asarray(turned / (2 * self.areas[:, None, None]))

    @cached_property
    def curls(self) -> Array:
        """(cells, 3, 2): (∂/∂y, −∂/∂x) of the barycentric coordinates."""
        return np.stack((self.gradients[..., 1], -self.gradients[..., 0]), axis=-1)

    @cached_property
    def edge_lengths(self) -> Array:
        """(edges,)"""
        return np.asarray(np.hypot(*(self.nodes[self.edges[:, 1]] - self.nodes[self.edges[:, 0]]).T))

    @cached_property
    def parts(self) -> Array:
        """(cells,): the number of each cell's part; parts that touch in a node only are apart."""
        from scipy.sparse import coo_array  # checks of tasks read meshes, and are to stay light
        from scipy.sparse.csgraph import connected_components

        pairs = self.edge_cells[~self.is_boundary]
        count = len(self.cells)
        joined = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
        return np.asarray(connected_components(joined, directed=False)[1])

    @property
    def size_bytes(self) -> int:
        """With areas, gradients, curls, parts, fans and edge lengths, whether they have been asked for or not."""
        arrays = (self.nodes, self.cells, self.edges, self.cell_edges, self.cell_signs, self.edge_cells)
        return sum(array.nbytes for array in arrays) + 8 * (21 * len(self.cells) + len(self.edges))

    @cached_property
    def fans(self) -> Fans:
        """The cells around each node."""
        from models.fem.fans import fans  # compiled: see above

        return fans(self)

    def points(self, degree: int) -> Array:
        """(points, 2): the nodes; for degree 2 then the midpoints of the edges."""
        if degree == 1:
            return self.nodes
        return np.concatenate((self.nodes, self.nodes[self.edges].mean(axis=1)))

    def cell_points(self, degree: int) -> Array:
        """(cells, 3) or (cells, 6): corners; for degree 2 then the midpoints of the local edges."""
        return self.cells if degree == 1 else np.hstack((self.cells, len(self.nodes) + self.cell_edges))

    def edge_points(self, degree: int) -> Array:
        """(edges, 2) or (edges, 3): low node, high node; for degree 2 then the midpoint."""
        midpoints = len(self.nodes) + np.arange(len(self.edges))
        return self.edges if degree == 1 else np.column_stack((self.edges, midpoints))

    def facet_points(self, degree: int) -> Array:
        """(edges, 2) or (edges, 3)"""
        return self.edge_points(degree)

    def find_facets(self, corners: Array) -> Array:
        """(pairs,)"""
        return self.find_edges(corners)

    def find_edges(self, pairs: Array) -> Array:
        """(pairs,): the number of the edge between each pair of nodes, -1 where there is none."""
        keys = _edge_keys(self.edges, len(self.nodes))
        wanted = _edge_keys(np.sort(pairs, axis=1), len(self.nodes))
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[at] == wanted, at, -1)


def unit_square(x_count: int, y_count: int) -> Triangulation:
    """(0,1)², cut into x_count × y_count rectangles of two triangles each, below and above the rising diagonal.

    Node i + j (x_count + 1) is at (i / x_count, j / y_count); the cells of rectangle r = i + j x_count are 2r (below)
    and 2r + 1 (above).
    """
    x, y = np.meshgrid(np.arange(x_count + 1) / x_count, np.arange(y_count + 1) / y_count)
    numbers = np.arange((x_count + 1) * (y_count + 1)).reshape(y_count + 1, x_count + 1)
    lower_left, lower_right = numbers[:-1, :-1], numbers[:-1, 1:]
    upper_left, upper_right = numbers[1:, :-1], numbers[1:, 1:]
    across, along, diagonal = square_edges(x_count, y_count)
    below, above = 2 * np.arange(x_count * y_count).reshape(y_count, x_count) + np.arange(2)[:, None, None]

    count = across.size + along.size + diagonal.size
    edges, edge_cells = np.empty((count, 2), dtype=np.int64), np.full((count, 2), NO_CELL)
    edges[across], edges[along] = _pairs(numbers[:, :-1], numbers[:, 1:]), _pairs(numbers[:-1], numbers[1:])
    edges[diagonal] = _pairs(lower_left, upper_right)
    edge_cells[diagonal] = _pairs(below, above)
    edge_cells[across[0], 0], edge_cells[across[-1], 0] = below[0], above[-1]
    edge_cells[across[1:-1]] = _pairs(above[:-1], below[1:])
    edge_cells[along[:, 0], 0], edge_cells[along[:, -1], 0] = above[:, 0], below[:, -1]
    edge_cells[along[:, 1:-1]] = _pairs(below[:, :-1], above[:, 1:])
    return Triangulation(
        nodes=np.column_stack((x.ravel(), y.ravel())),
        cells=_both(lower_left, lower_right, upper_right, lower_left, upper_right, upper_left),
        edges=edges,
        cell_edges=_both(across[:-1], along[:, 1:], diagonal, diagonal, across[1:], along[:, :-1]),
        cell_signs=np.tile(np.array([[1.0, 1.0, -1.0], [1.0, -1.0, -1.0]]), (x_count * y_count, 1)),
        edge_cells=edge_cells,
    )


def triangulate(nodes: Array, cells: Array) -> Triangulation:
    """A triangulation from nodes (nodes, 2) and cells (cells, 3) of either orientation; clockwise ones are turned.

    Raises `Refusal` MESH_DEGENERATE for flat cells, nodes without a cell, edges with more than two cells and cells that
    lie over their neighbours. Hanging nodes are found by `models.fem.hanging`.
    """
    areas = _signed_areas(nodes, cells)
    _refuse_flat_cells(nodes, cells, np.abs(areas))
    refuse_loose_nodes(nodes, cells)
    mesh = _connect(nodes, np.where((areas > 0)[:, None], cells, cells[:, (0, 2, 1)]))
    refuse_overlaps(mesh.cells, mesh.edges, mesh.cell_edges.T, mesh.cell_signs.T)
    return mesh


def square_edges(x_count: int, y_count: int) -> tuple[Array, Array, Array]:
    """The numbers of horizontal, vertical and diagonal edges, each (rows, columns) by its lower left end.

    A node has up to three edges to later nodes: to the right, up, and up to the right, in that order.
    """
    columns, rows = np.arange(x_count + 1), np.arange(y_count + 1)[:, None]
    first = rows * (3 * x_count + 1) + 3 * columns  # of the edges of a node that has all three
    across = first[:, :-1].copy()
    across[-1] -= 2 * columns[:-1]
    along = first[:-1] + (columns < x_count)
    return across, along, first[:-1, :-1] + 2


def _pairs(first: Array, second: Array) -> Array:
    return np.stack((first, second), axis=-1)


def _both(*corners: Array) -> Array:
    """(cells, 3): three numbers below the diagonal of each rectangle, then three above."""
    return np.stack(corners, axis=-1).reshape(-1, 3)


def _connect(nodes: Array, cells: Array) -> Triangulation:
    pairs = np.stack((cells, np.roll(cells, -1, axis=1)), axis=-1).reshape(-1, 2)
    signs = np.where(pairs[:, 0] < pairs[:, 1], 1.0, -1.0).reshape(-1, 3)
    keys, cell_edges, counts = np.unique(
        _edge_keys(np.sort(pairs, axis=1), len(nodes)), return_inverse=True, return_counts=True
    )
    order = np.argsort(cell_edges, kind="stable")  # the places of edge 0, then of edge 1, ...
    first = np.cumsum(counts) - counts
    second = order[np.minimum(first + 1, len(order) - 1)] // 3
    return Triangulation(
        nodes=nodes,
        cells=cells,
        edges=np.column_stack((keys // len(nodes), keys % len(nodes))),
        cell_edges=cell_edges.reshape(-1, 3),
        cell_signs=signs,
        edge_cells=np.column_stack((order[first] // 3, np.where(counts == 2, second, NO_CELL))),
    )


def _edge_keys(pairs: Array, node_count: int) -> Array:
    return np.asarray(pairs[:, 0] * node_count + pairs[:, 1])  # increasing keys are lexicographic pairs


def _signed_areas(nodes: Array, cells: Array) -> Array:
    a, b, c = (nodes[cells[:, i]] for i in range(3))
    (ux, uy), (vx, vy) = (b - a).T, (c - a).T
    return np.asarray((ux * vy - uy * vx) / 2)


def _refuse_flat_cells(nodes: Array, cells: Array, areas: Array) -> None:
    corners = nodes[cells]
    longest = np.max(np.sum((corners - np.roll(corners, -1, axis=1)) ** 2, axis=2), axis=1)
    flat = ~(2 * areas >= FLATNESS * longest) | (longest == 0) | ~np.isfinite(longest)
    if flat.any():
        at = int(np.argmax(flat))
        raise Refusal(
            "MESH_DEGENERATE",
            f"is flat or out of scale: its area is {areas[at]:.3g} for a longest edge of {longest[at] ** 0.5:.3g}; "
            "move its nodes apart",
            f"cells[{at}]",
            {"cell": str(at), "area": f"{areas[at]:.3g}", "longest_edge": f"{longest[at] ** 0.5:.3g}"},
        )
