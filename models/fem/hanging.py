"""Hanging nodes: nodes that lie in a facet of a cell whose corner they are not, found by their coordinates.

Without this check such a mesh would be taken for a domain with a slit along that facet.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial import cKDTree

from models.base import Array, Refusal
from models.fem.mesh import FLATNESS
from models.fem.on_facets import distance_and_inset

# Pairs of a facet and a node near it that are looked at together, so that they take 0.4 GB; and in all. A mesh whose
# facets are nearly as long as wide, or aligned, has hardly any; 3,000 needles beside each other have 27 million, which
# takes ten seconds. To count them takes 0.04.
_AT_ONCE = 2**20
MAX_PAIRS = 50_000_000
_COUNTED = 4096  # balls whose places are counted together


def refuse_hanging_nodes(nodes: Array, facets: Array, max_pairs: int = MAX_PAIRS) -> None:
    """Raise `Refusal` MESH_DEGENERATE for the first of a mesh's boundary facets that has a boundary node on it.

    `facets` (n, corners) are all facets of its boundary: edges in the plane, triangles or quadrilaterals in space.
    Coincident nodes at the two sides of a crack are not hanging. OUT_OF_RANGE for needles in such a heap that each is
    near to most of the others.
    """
    candidates = np.unique(facets)
    corners = nodes[facets]
    centers = corners.mean(axis=1)
    radii = np.linalg.norm(corners - centers[:, None], axis=2).max(axis=1)
    for facet, place in _near(nodes[candidates], centers, radii, facets.shape[1], max_pairs):
        node = candidates[place]
        foreign = (facets[facet] != node[:, None]).all(axis=1)
        _refuse_any(nodes, facets, facet[foreign], node[foreign], radii)


def _refuse_any(nodes: Array, facets: Array, facet: Array, node: Array, radii: Array) -> None:
    """Of pairs (n,) of a facet and a node that is no corner of it."""
    corners, places = nodes[facets[facet]], nodes[node]
    distance, inset = distance_and_inset(corners, places)
    apart = np.linalg.norm(corners - places[:, None], axis=2).min(axis=1)
    tiny = FLATNESS * radii[facet]
    hangs = (distance < tiny) & (inset > -FLATNESS) & (apart > tiny)
    if hangs.any():
        at = int(np.argmax(hangs))
        name = "edge" if facets.shape[1] == 2 else "face"
        numbers = ",".join(map(str, facets[facet[at]].tolist()))
        raise Refusal(
            "MESH_DEGENERATE",
            f"hangs in the {name} ({numbers}); divide the cell at that {name} so that the node is its corner",
            f"nodes[{node[at]}]",
            {"node": str(node[at]), name: numbers},
        )


def _near(places: Array, centers: Array, radii: Array, own: int, max_pairs: int) -> Iterator[tuple[Array, Array]]:
    """Pairs of a ball and a place in it, some at a time, of the balls that hold more than the `own` that they all hold.

    To ask for one place more first takes two thirds of the time, where few balls have it, and makes no lists.
    """
    tree = cKDTree(places)
    farthest, _ = tree.query(centers, [min(own + 1, len(places))])
    wide = radii * (1 + FLATNESS)
    ball = np.flatnonzero(farthest[:, 0] <= wide)
    total = 0
    for some in np.split(ball, range(_COUNTED, len(ball), _COUNTED)):
        counts = tree.query_ball_point(centers[some], wide[some], return_length=True)
        total += int(counts.sum())
        if total > max_pairs:
            raise Refusal(
                "OUT_OF_RANGE",
                "are long and thin and in a heap, too many to look for nodes that hang in their edges or faces; send "
                "cells of more even sides",
                "cells",
                {"pairs": str(total), "max": str(max_pairs)},
            )
        for few in np.split(some, np.flatnonzero(np.diff(np.cumsum(counts) // _AT_ONCE)) + 1):
            found = tree.query_ball_point(centers[few], wide[few])
            yield np.repeat(few, [len(each) for each in found]), np.concatenate([*found, []]).astype(np.int64)
