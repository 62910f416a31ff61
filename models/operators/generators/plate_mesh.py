"""The quarter of a square plate around a quarter of its round hole: the unit square without a disc about the origin."""

from __future__ import annotations

import numpy as np

from models.base import Array

RADIUS = 0.25
_GROWTH = 1.5  # exponent of the spacing from the hole outwards: cells are smaller where stresses are high


def plate_mesh(divisions: int) -> tuple[Array, Array]:
    """Nodes (n, 2) and triangles (m, 3), counter-clockwise: rays at 2 divisions + 1 angles, with divisions + 1 nodes
    each, from the hole to the outer sides, on which nodes are equally spaced. Node j of ray i is number
    i (divisions + 1) + j; the last ray is x = 0, the first y = 0."""
    side = np.arange(divisions + 1) / divisions
    outer = np.concatenate(
        (np.column_stack((np.ones(divisions + 1), side)), np.column_stack((side[-2::-1], np.ones(divisions))))
    )
    inner = RADIUS * outer / np.linalg.norm(outer, axis=1, keepdims=True)
    share = side**_GROWTH
    nodes = inner[:, None] + share[:, None] * (outer - inner)[:, None]
    number = np.arange(nodes.shape[0] * nodes.shape[1]).reshape(nodes.shape[:2])
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    first, second = np.stack((a, b, c), axis=-1), np.stack((a, c, d), axis=-1)
    return nodes.reshape(-1, 2), np.concatenate((first, second)).reshape(-1, 3).astype(np.int64)
