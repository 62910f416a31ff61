"""Hanging nodes: nodes that lie inside an edge of a cell whose corner they are not, found by their coordinates.

Without this check such a mesh would be taken for a domain with a slit along that edge.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from models.base import Refusal
from models.fem.mesh import FLATNESS, Triangulation


def refuse_hanging_nodes(mesh: Triangulation) -> None:
    """Raise `Refusal` MESH_DEGENERATE for the first boundary edge with a boundary node strictly inside.

    Coincident nodes at the two sides of a crack are not hanging.
    """
    edges = mesh.edges[mesh.is_boundary]
    candidates = np.unique(edges)
    starts, ends = mesh.nodes[edges[:, 0]], mesh.nodes[edges[:, 1]]
    lengths = mesh.edge_lengths[mesh.is_boundary]
    near = cKDTree(mesh.nodes[candidates]).query_ball_point((starts + ends) / 2, lengths / 2)
    edge = np.repeat(np.arange(len(edges)), [len(found) for found in near])
    node = candidates[np.concatenate([*near, []]).astype(np.int64)]

    along = (ends - starts)[edge] / lengths[edge, None]
    offset = mesh.nodes[node] - starts[edge]
    across = np.abs(along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0]) / lengths[edge]
    position = np.sum(along * offset, axis=1) / lengths[edge]
    inside = (across < FLATNESS) & (position > FLATNESS) & (position < 1 - FLATNESS)
    if inside.any():
        at = int(np.argmax(inside))
        low, high = (int(n) for n in edges[edge[at]])
        raise Refusal(
            "MESH_DEGENERATE",
            f"hangs inside the edge ({low}, {high}); divide the cell at that edge so that the node is its corner",
            f"nodes[{node[at]}]",
            {"node": str(node[at]), "edge": f"{low},{high}"},
        )
