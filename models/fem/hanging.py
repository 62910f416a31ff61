"""Hanging nodes: nodes that lie in a facet of a cell whose corner they are not, found by their coordinates.

Without this check such a mesh would be taken for a domain with a slit along that facet.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from models.base import Array, Refusal
from models.fem.mesh import FLATNESS
from models.fem.on_facets import distance_and_inset


def refuse_hanging_nodes(nodes: Array, facets: Array) -> None:
    """Raise `Refusal` MESH_DEGENERATE for the first of a mesh's boundary facets that has a boundary node on it.

    `facets` (n, corners) are all facets of its boundary: edges in the plane, triangles or quadrilaterals in space.
    Coincident nodes at the two sides of a crack are not hanging.
    """
    candidates = np.unique(facets)
    corners = nodes[facets]
    centers = corners.mean(axis=1)
    radii = np.linalg.norm(corners - centers[:, None], axis=2).max(axis=1)
    facet, node = _near(nodes[candidates], centers, radii, facets.shape[1])
    node = candidates[node]
    foreign = (facets[facet] != node[:, None]).all(axis=1)
    facet, node = facet[foreign], node[foreign]

    corners, places, radii = corners[facet], nodes[node], radii[facet]
    distance, inset = distance_and_inset(corners, places)
    apart = np.linalg.norm(corners - places[:, None], axis=2).min(axis=1)
    hangs = (distance < FLATNESS * radii) & (inset > -FLATNESS) & (apart > FLATNESS * radii)
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


def _near(places: Array, centers: Array, radii: Array, own: int) -> tuple[Array, Array]:
    """Pairs of a ball and a place in it, of the balls that hold more places than the `own` that they all hold.

    To ask for one place more first takes two thirds of the time, where few balls have it, and makes no lists.
    """
    tree = cKDTree(places)
    farthest, _ = tree.query(centers, [min(own + 1, len(places))])
    ball = np.flatnonzero(farthest[:, 0] <= radii * (1 + FLATNESS))
    found = tree.query_ball_point(centers[ball], radii[ball] * (1 + FLATNESS))
    return np.repeat(ball, [len(each) for each in found]), np.concatenate([*found, []]).astype(np.int64)
