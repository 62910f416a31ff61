"""Nodes of a grid with an even number of columns, and their two colours; the layout is told in `conductances`."""

from __future__ import annotations

import numpy as np

from models.base import Array


def colours_of(nodes: Array) -> Array:
    """(2, rows, columns), red and black, of nodes (ny + 1, nx + 1)."""
    half = nodes.shape[1] // 2
    colours = np.zeros((2, nodes.shape[0] + 2, half + 3))
    for colour in (0, 1):
        colours[colour, 1 + colour : -1 : 2, 1:-1] = nodes[colour::2, ::2]
        colours[1 - colour, 1 + colour : -1 : 2, 1:-2] = nodes[colour::2, 1::2]
    return colours


def nodes_of(red: Array, black: Array) -> Array:
    """The inverse of `colours_of`."""
    nodes = np.empty((red.shape[0] - 2, 2 * red.shape[1] - 5))
    for colour, (even, odd) in enumerate(((red, black), (black, red))):
        nodes[colour::2, ::2] = even[1 + colour : -1 : 2, 1:-1]
        nodes[colour::2, 1::2] = odd[1 + colour : -1 : 2, 1:-2]
    return nodes
