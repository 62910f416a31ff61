"""The graph of the cells and the outside, joined by the edges that a flux may pass: inner and Dirichlet edges.

Its spanning tree carries any defect of balance out of the domain; its cycles are the fluxes that keep every balance.
A cycle is the curl of a nodal function, up to one more for each hole that a flux may circle or cross: those are found
by a tree-cotree decomposition (Eppstein 2003, SODA).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, hstack
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree
from scipy.sparse.linalg import spsolve_triangular

from models.base import Array
from models.fem.mesh import NO_CELL, Triangulation


@dataclass(frozen=True, eq=False)
class DualGraph:
    """Every cell is connected to the outside: `boundary` has checked that."""

    mesh: Triangulation
    is_open: Array  # (edges,) bool: inner and Dirichlet edges

    @cached_property
    def parent_edges(self) -> Array:
        """(cells,): the edge through which each cell's tree path leaves for the outside."""
        leads_out = self._neighbours == self._search[1][:, None]
        return np.asarray(self.mesh.cell_edges[np.arange(len(leads_out)), leads_out.argmax(axis=1)])

    def carry(self, outflow: Array) -> Array:
        """(edges,): the flux along the tree whose net outflow of each cell is outflow (cells,)."""
        flux = np.zeros(len(self.mesh.edges))
        flux[self.parent_edges] = self._parent_signs * self.subtree_sums(outflow)
        return flux

    def subtree_sums(self, values: Array) -> Array:
        """(cells,): for each cell the sum over all cells whose path to the outside passes it, itself included."""
        sums = np.empty_like(values)
        order, _ = self._search
        sums[order] = spsolve_triangular(self._subtrees, values[order], lower=True, unit_diagonal=True)
        return sums

    def cycles(self) -> csc_array:
        """(edges, cycles): a basis of the fluxes through open edges that leave every cell in balance."""
        nodes, count = self._free_nodes()
        low, high = nodes[self.mesh.edges].T
        edges = np.flatnonzero(self.is_open & (low != high))
        rows, columns = np.tile(edges, 2), np.concatenate((high[edges], low[edges]))
        entries = np.repeat((1.0, -1.0), len(edges))
        kept = columns < count
        curls = coo_array((entries[kept], (rows[kept], columns[kept])), shape=(len(self.mesh.edges), count)).tocsc()
        extra = self._extra_cycle_count(count)
        return hstack((curls, self._extra_cycles(low, high, extra)), format="csc") if extra else curls

    @cached_property
    def _search(self) -> tuple[Array, Array]:
        """The cells, those farthest from the outside first, and the next cell of each on its way out."""
        outside = len(self.mesh.cells)
        cells = np.repeat(np.arange(outside), 3)
        neighbours = self._neighbours.ravel()
        passed = neighbours >= 0
        graph = coo_array(
            (np.ones(passed.sum()), (cells[passed], neighbours[passed])), shape=(outside + 1, outside + 1)
        ).tocsr()
        order, parents = breadth_first_order(graph, outside, directed=False)
        return order[:0:-1], parents[:-1]

    @cached_property
    def _neighbours(self) -> Array:
        """(cells, 3): the cell across each local edge; the number of cells means the outside, -1 a closed edge."""
        edges = self.mesh.cell_edges
        pairs = self.mesh.edge_cells[edges]
        other = pairs.sum(axis=2) - np.arange(len(edges))[:, None]
        other = np.where(pairs[..., 1] == NO_CELL, len(edges), other)
        return np.where(self.is_open[edges], other, -1)

    @cached_property
    def _parent_signs(self) -> Array:
        at = self.mesh.cell_edges == self.parent_edges[:, None]
        return np.asarray(self.mesh.cell_signs[at])

    @cached_property
    def _subtrees(self) -> csr_array:
        """Sum − Σ sums of children = value, rows in order of the search: lower triangular with unit diagonal."""
        count = len(self.mesh.cells)
        place = np.empty(count + 1, dtype=np.int64)
        order, parents = self._search
        place[order] = np.arange(count)
        place[count] = count
        child, parent = np.arange(count), place[parents[order]]
        inner = parent < count
        rows, columns = np.concatenate((parent[inner], child)), np.concatenate((child[inner], child))
        entries = np.concatenate((np.full(inner.sum(), -1.0), np.ones(count)))
        return coo_array((entries, (rows, columns)), shape=(count, count)).tocsr()

    def _free_nodes(self) -> tuple[Array, int]:
        """(nodes,): the unknown that each node belongs to, and how many there are.

        Nodes joined by closed edges share one, so that no flux passes there. One in each connected part is redundant:
        it has a number that is not counted.
        """
        count = len(self.mesh.nodes)
        closed = self.mesh.edges[~self.is_open]
        label_count, labels = _components(closed, count)
        part_count, parts = _components(self.mesh.edges, count)
        redundant = np.zeros(label_count, dtype=bool)
        redundant[labels[np.unique(parts, return_index=True)[1]]] = True
        free = label_count - part_count
        numbers = np.where(redundant, free + np.cumsum(redundant) - 1, np.cumsum(~redundant) - 1)
        return numbers[labels], free

    def _extra_cycle_count(self, node_count: int) -> int:
        """Cycles of a connected graph less curls, of which there are node_count."""
        return int(self.is_open.sum()) - len(self.mesh.cells) - node_count

    def _extra_cycles(self, low: Array, high: Array, count: int) -> csc_array:
        """The tree cycles of the edges that are neither in the dual tree nor in a spanning tree of nodes beside it."""
        rest = self.is_open.copy()
        rest[self.parent_edges] = False
        rest[_spanning_edges(np.flatnonzero(rest), low, high)] = False
        columns = [self._tree_cycle(int(edge)) for edge in np.flatnonzero(rest)]
        assert len(columns) == count
        return hstack(columns, format="csc")

    def _tree_cycle(self, edge: int) -> csc_array:
        flux = np.zeros(len(self.mesh.edges))
        flux[edge] = 1.0
        flux -= self.carry(net_outflow(self.mesh, flux))
        return csc_array(flux[:, None])


def net_outflow(mesh: Triangulation, flux: Array) -> Array:
    """(cells,): the sum over a cell's edges of their flux (edges,), outwards."""
    return np.asarray(np.sum(mesh.cell_signs * flux[mesh.cell_edges], axis=1))


def _components(pairs: Array, count: int) -> tuple[int, Array]:
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    number, labels = connected_components(graph, directed=False)
    return int(number), labels


def _spanning_edges(edges: Array, low: Array, high: Array) -> Array:
    """Those of the given edges that make a spanning forest of the nodes low and high (edges of the mesh,)."""
    count = int(max(low.max(), high.max())) + 1
    one, other = np.minimum(low, high)[edges], np.maximum(low, high)[edges]
    _, first = np.unique(one * count + other, return_index=True)  # of parallel edges one is enough
    first = first[one[first] != other[first]]
    graph = coo_array((first + 1.0, (one[first], other[first])), shape=(count, count)).tocsr()
    return np.asarray(edges[minimum_spanning_tree(graph).data.astype(np.int64) - 1])
