"""Fans: the cells around a node, from neighbour to neighbour, counter-clockwise.

A corner is one of a cell's three, numbered 3 cell + place. Around an inner node there is one closed fan. Around a node
of the boundary there is one open fan for each piece of the domain that meets it: two where a domain touches itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.compiled import compiled
from models.fem.mesh import Triangulation


@dataclass(frozen=True, eq=False)
class Fans:
    """Made by `fans`. A corner's first edge runs from it, its last edge to it; neighbours in a fan share one."""

    corners: Array  # (3 cells,): those of fan 0, of fan 1, ...
    starts: Array  # (fans + 1,): where each begins
    is_closed: Array  # (fans,) bool; open ones come first


def fans(mesh: Triangulation) -> Fans:
    count = mesh.cells.size
    corners, starts, is_closed = np.empty(count, np.int64), np.empty(count + 1, np.int64), np.empty(count, np.bool_)
    number = _walk(mesh.cell_edges, mesh.edge_cells, corners, starts, is_closed)
    return Fans(corners, starts[: number + 1], is_closed[:number])


@compiled
def _walk(cell_edges: Array, edge_cells: Array, corners: Array, starts: Array, is_closed: Array) -> int:
    """Fills the arrays of `Fans` and returns the number of fans: first the open ones, from their boundary edge."""
    is_done = np.zeros(cell_edges.size, dtype=np.bool_)
    number, at = 0, 0
    for closed in (False, True):
        for corner in range(cell_edges.size):
            cell, place = corner // 3, corner % 3
            if is_done[corner] or not (closed or edge_cells[cell_edges[cell, place], 1] < 0):
                continue
            starts[number], is_closed[number] = at, closed
            number += 1
            while cell >= 0 and not is_done[3 * cell + place]:
                corners[at] = 3 * cell + place
                is_done[3 * cell + place] = True
                at += 1
                last = cell_edges[cell, (place + 2) % 3]
                cell = edge_cells[last, 0] + edge_cells[last, 1] - cell if edge_cells[last, 1] >= 0 else -1
                if cell >= 0:
                    place = 0
                    while cell_edges[cell, place] != last:
                        place += 1
    starts[number] = at
    return number
