"""Nodes of a grid with an even number of columns, and their two colours; the layout is told in `conductances`."""

from __future__ import annotations

import numpy as np

from models.base import Array


def split_into(colours: Array, nodes: Array) -> None:
    """Fill colours (2, rows, columns), red and black, but for their rims, from nodes (ny + 1, nx + 1)."""
    for colour in (0, 1):
        colours[colour, 1 + colour : -1 : 2, 1:-1] = nodes[colour::2, ::2]
        colours[1 - colour, 1 + colour : -1 : 2, 1:-2] = nodes[colour::2, 1::2]


def joined(colours: Array) -> Array:
    """(ny + 1, nx + 1): the inverse of `split_into`."""
    red, black = colours
    nodes = np.empty((red.shape[0] - 2, 2 * red.shape[1] - 5))
    for colour, (even, odd) in enumerate(((red, black), (black, red))):
        nodes[colour::2, ::2] = even[1 + colour : -1 : 2, 1:-1]
        nodes[colour::2, 1::2] = odd[1 + colour : -1 : 2, 1:-2]
    return nodes
