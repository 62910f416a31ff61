"""The graph of the cells and the outside, joined by the edges that a flux may pass: inner and Dirichlet edges.

Its spanning tree carries any defect of balance out of the domain; its cycles are the fluxes that keep every balance.
A cycle is the curl of a nodal function, up to one more for each hole that a flux may circle or cross: those are found
by a tree-cotree decomposition (Eppstein 2003, SODA).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csc_array, hstack
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from models.base import Array
from models.fem.compiled import compiled
from models.fem.mesh import NO_CELL, Triangulation

NO_EDGE = -1


@dataclass(frozen=True, eq=False)
class DualGraph:
    """Every cell is connected to the outside: `boundary` has checked that."""

    mesh: Triangulation
    is_open: Array  # (edges,) bool: inner and Dirichlet edges

    @property
    def parent_edges(self) -> Array:
        """(cells,): the edge through which each cell's tree path leaves for the outside."""
        return self._tree[1]

    def carry(self, outflow: Array) -> Array:
        """(edges,): the flux along the tree whose net outflow of each cell is outflow (cells,)."""
        flux = np.zeros(len(self.mesh.edges))
        order, parents = self._tree
        _carry(self.mesh.cell_edges, self.mesh.cell_signs, self.mesh.edge_cells, order, parents, outflow.copy(), flux)
        return flux

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
    def _tree(self) -> tuple[Array, Array]:
        """The cells in order of their distance from the outside, and the edge by which each is left."""
        count = len(self.mesh.cells)
        order, parents = np.empty(count, np.int64), np.full(count, NO_EDGE)
        _search(self.mesh.cell_edges, self.mesh.edge_cells, self.is_open, order, parents)
        return order, parents

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


@compiled
def _search(cell_edges: Array, edge_cells: Array, is_open: Array, order: Array, parents: Array) -> None:
    """Breadth first from the outside. parents (cells,) comes filled with NO_EDGE."""
    found, done = 0, 0
    for edge in range(len(edge_cells)):
        cell = edge_cells[edge, 0]
        if is_open[edge] and edge_cells[edge, 1] == NO_CELL and parents[cell] == NO_EDGE:
            parents[cell], order[found] = edge, cell
            found += 1
    while done < found:
        cell = order[done]
        done += 1
        for edge in cell_edges[cell]:
            if is_open[edge] and edge_cells[edge, 1] != NO_CELL:
                other = edge_cells[edge, 0] + edge_cells[edge, 1] - cell
                if parents[other] == NO_EDGE:
                    parents[other], order[found] = edge, other
                    found += 1


@compiled
def _carry(
    cell_edges: Array,
    cell_signs: Array,
    edge_cells: Array,
    order: Array,
    parents: Array,
    outflow: Array,
    flux: Array,
) -> None:
    """Fills flux (edges,) on the tree, from the farthest cells outwards; outflow (cells,) is used up."""
    for number in range(len(order) - 1, -1, -1):
        cell = order[number]
        edge = parents[cell]
        for place in range(3):
            if cell_edges[cell, place] == edge:
                flux[edge] = cell_signs[cell, place] * outflow[cell]
        if edge_cells[edge, 1] != NO_CELL:
            outflow[edge_cells[edge, 0] + edge_cells[edge, 1] - cell] += outflow[cell]


def net_outflow(mesh: Triangulation, flux: Array) -> Array:
    """(cells,): the sum over a cell's edges of their flux (edges,), outwards."""
    outflow = np.empty(len(mesh.cells))
    _sum_outwards(mesh.cell_edges, mesh.cell_signs, flux, outflow)
    return outflow


@compiled
def _sum_outwards(cell_edges: Array, cell_signs: Array, flux: Array, outflow: Array) -> None:
    for cell in range(len(outflow)):
        outflow[cell] = (
            cell_signs[cell, 0] * flux[cell_edges[cell, 0]]
            + cell_signs[cell, 1] * flux[cell_edges[cell, 1]]
            + cell_signs[cell, 2] * flux[cell_edges[cell, 2]]
        )


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
