"""Tetrahedral meshes: nodes, cells, edges, faces and how they meet.

Nodes keep the caller's numbers. Edges and faces are increasing tuples of nodes, numbered lexicographically. Each cell
has a positive volume: its corner 3 lies on the side of (0, 1, 2) from which these turn counter-clockwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, permutations
from math import factorial

import numpy as np

from models.base import Array, Refusal
from models.fem.conforming import directions, refuse_loose_nodes, refuse_overlaps
from models.fem.element import EDGES
from models.fem.mesh import FLATNESS, NO_CELL

# The faces opposite the corners 0, 1, 2, 3.
_OPPOSITE = ((1, 2, 3), (0, 2, 3), (0, 1, 3), (0, 1, 2))
# Whether these run counter-clockwise, seen from outside a cell of positive volume.
_RUNS_OUTWARD = (True, False, True, False)


@dataclass(frozen=True, eq=False)
class Tetrahedra:
    """A conforming mesh, made by `tetrahedralize` or `box`."""

    nodes: Array  # (nodes, 3)
    cells: Array  # (cells, 4) nodes
    edges: Array  # (edges, 2) nodes
    cell_edges: Array  # (cells, 6), in the order of the element's EDGES
    facets: Array  # (faces, 3) nodes
    cell_facets: Array  # (cells, 4): face i is opposite corner i
    facet_cells: Array  # (faces, 2): NO_CELL beyond the boundary

    @property
    def is_boundary(self) -> Array:
        """(faces,) bool."""
        return np.asarray(self.facet_cells[:, 1] == NO_CELL)

    @cached_property
    def volumes(self) -> Array:
        """(cells,)"""
        return _signed_volumes(self.nodes, self.cells)

    @cached_property
    def gradients(self) -> Array:
        """(cells, 4, 3): the gradients of the barycentric coordinates."""
        corners = self.nodes[self.cells]
        inner = np.linalg.inv(corners[:, 1:] - corners[:, :1]).transpose(0, 2, 1)
        return np.concatenate((-inner.sum(axis=1, keepdims=True), inner), axis=1)

    @cached_property
    def facet_measures(self) -> Array:
        """(faces,): areas."""
        a, b, c = (self.nodes[self.facets[:, i]] for i in range(3))
        return np.asarray(np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2)

    def points(self, degree: int) -> Array:
        """(points, 3): the nodes; for degree 2 then the midpoints of the edges."""
        if degree == 1:
            return self.nodes
        return np.concatenate((self.nodes, self.nodes[self.edges].mean(axis=1)))

    def cell_points(self, degree: int) -> Array:
        """(cells, 4) or (cells, 10): corners; for degree 2 then the midpoints of the local edges."""
        return self.cells if degree == 1 else np.hstack((self.cells, len(self.nodes) + self.cell_edges))

    def facet_points(self, degree: int) -> Array:
        """(faces, 3) or (faces, 6): corners; for degree 2 then the midpoints of their edges."""
        if degree == 1:
            return self.facets
        midpoints = [len(self.nodes) + self._find_edges(self.facets[:, pair]) for pair in EDGES[2]]
        return np.column_stack((self.facets, *midpoints))

    def find_facets(self, corners: Array) -> Array:
        """(n,): the number of the face with each row of corners (n, 3), -1 where there is none."""
        wanted = np.sort(corners, axis=1)
        low_edges = self._find_edges(wanted[:, :2])
        keys = _pair_keys(self._find_edges(self.facets[:, :2]), self.facets[:, 2], len(self.nodes))
        found = _find(keys, _pair_keys(low_edges, wanted[:, 2], len(self.nodes)))
        return np.where(low_edges >= 0, found, -1)

    def _find_edges(self, pairs: Array) -> Array:
        low, high = np.sort(pairs, axis=1).T
        keys = _pair_keys(self.edges[:, 0], self.edges[:, 1], len(self.nodes))
        return _find(keys, _pair_keys(low, high, len(self.nodes)))


def box(x_count: int, y_count: int, z_count: int) -> Tetrahedra:
    """(0,1)³, cut into x_count × y_count × z_count bricks of six tetrahedra each (Kuhn 1960, IBM J. Res. Dev. 4, 518).

    Node i + (x_count + 1)(j + (y_count + 1) k) is at (i / x_count, j / y_count, k / z_count). The cells of brick
    b = i + x_count (j + y_count k) are 6b to 6b + 5: one for each order in which a path along the axes leads from its
    lowest to its highest corner, orders being sorted.
    """
    counts = (x_count, y_count, z_count)
    z, y, x = np.meshgrid(*(np.arange(n + 1) / n for n in counts[::-1]), indexing="ij")
    k, j, i = np.meshgrid(*(np.arange(n) for n in counts[::-1]), indexing="ij")
    steps = np.array((1, x_count + 1, (x_count + 1) * (y_count + 1)))
    lowest = (i * steps[0] + j * steps[1] + k * steps[2]).ravel()
    paths = np.array([np.concatenate(([0], np.cumsum(steps[list(order)]))) for order in permutations(range(3))])
    cells = (lowest[:, None, None] + paths).reshape(-1, 4)
    nodes = np.column_stack((x.ravel(), y.ravel(), z.ravel()))
    return _connect(nodes, _turned(nodes, cells))


def tetrahedralize(nodes: Array, cells: Array) -> Tetrahedra:
    """A mesh from nodes (nodes, 3) and cells (cells, 4) of either orientation.

    Raises `Refusal` MESH_DEGENERATE for flat cells, nodes without a cell, faces with more than two cells and cells that
    lie over their neighbours. Hanging nodes are found by `models.fem.hanging`.
    """
    _refuse_flat_cells(nodes, cells)
    refuse_loose_nodes(nodes, cells)
    mesh = _connect(nodes, _turned(nodes, cells))
    sides = directions(mesh.cells.T[np.array(_OPPOSITE).T]) ^ np.array(_RUNS_OUTWARD)[:, None]
    refuse_overlaps(mesh.cells, mesh.facets, mesh.cell_facets.T, np.where(sides, 1.0, -1.0))
    return mesh


def _connect(nodes: Array, cells: Array) -> Tetrahedra:
    pairs = np.sort(cells[:, np.array(EDGES[3])].reshape(-1, 2), axis=1)
    edge_keys, cell_edges = np.unique(_pair_keys(pairs[:, 0], pairs[:, 1], len(nodes)), return_inverse=True)
    faces = np.sort(cells[:, np.array(_OPPOSITE)].reshape(-1, 3), axis=1)
    low_edges = _find(edge_keys, _pair_keys(faces[:, 0], faces[:, 1], len(nodes)))
    # The number of the edge of the two lowest nodes, then the highest: three node numbers might not fit one integer.
    _, first, cell_faces, counts = np.unique(
        _pair_keys(low_edges, faces[:, 2], len(nodes)), return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(cell_faces, kind="stable")  # the places of face 0, then of face 1, ...
    start = np.cumsum(counts) - counts
    second = order[np.minimum(start + 1, len(order) - 1)] // 4
    return Tetrahedra(
        nodes=nodes,
        cells=cells,
        edges=np.column_stack((edge_keys // len(nodes), edge_keys % len(nodes))),
        cell_edges=cell_edges.reshape(-1, 6),
        facets=faces[first],
        cell_facets=cell_faces.reshape(-1, 4),
        facet_cells=np.column_stack((order[start] // 4, np.where(counts == 2, second, NO_CELL))),
    )


def _turned(nodes: Array, cells: Array) -> Array:
    return np.where((_signed_volumes(nodes, cells) > 0)[:, None], cells, cells[:, (0, 2, 1, 3)])


def _pair_keys(low: Array, high: Array, node_count: int) -> Array:
    return np.asarray(low * node_count + high)


def _find(keys: Array, wanted: Array) -> Array:
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)


def _signed_volumes(nodes: Array, cells: Array) -> Array:
    corners = nodes[cells]
    return np.asarray(np.linalg.det(corners[:, 1:] - corners[:, :1]) / factorial(3))


def _refuse_flat_cells(nodes: Array, cells: Array) -> None:
    corners = nodes[cells]
    sides = [np.sum((corners[:, i] - corners[:, j]) ** 2, axis=1) for i, j in combinations(range(4), 2)]
    longest = np.sqrt(np.max(sides, axis=0))
    volumes = np.abs(_signed_volumes(nodes, cells))
    cube = longest**3
    flat = ~(6 * volumes >= FLATNESS * cube) | (cube == 0) | ~np.isfinite(cube)
    if flat.any():
        at = int(np.argmax(flat))
        details = {"cell": str(at), "volume": f"{volumes[at]:.3g}", "longest_edge": f"{longest[at]:.3g}"}
        raise Refusal(
            "MESH_DEGENERATE",
            f"is flat or out of scale: its volume is {details['volume']} for a longest edge of "
            f"{details['longest_edge']}; move its nodes apart",
            f"cells[{at}]",
            details,
        )
