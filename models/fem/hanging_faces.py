"""Hanging nodes of a tetrahedral mesh: nodes in a face, or in an edge of a face, whose corner they are not.

Without this check such a mesh would be taken for a domain with a slit along that face. `hanging` is for triangles.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from models.base import Array, Refusal
from models.fem.mesh import FLATNESS
from models.fem.tetrahedra import Tetrahedra


def refuse_hanging_nodes(mesh: Tetrahedra) -> None:
    """Raise `Refusal` MESH_DEGENERATE for the first boundary face with a boundary node on it.

    Coincident nodes at the two sides of a crack are not hanging.
    """
    faces = mesh.facets[mesh.is_boundary]
    candidates = np.unique(faces)
    corners = mesh.nodes[faces]
    centers = corners.mean(axis=1)
    radii = np.linalg.norm(corners - centers[:, None], axis=2).max(axis=1)
    near = cKDTree(mesh.nodes[candidates]).query_ball_point(centers, radii)
    face = np.repeat(np.arange(len(faces)), [len(found) for found in near])
    node = candidates[np.concatenate([*near, []]).astype(np.int64)]
    foreign = (faces[face] != node[:, None]).all(axis=1)
    face, node = face[foreign], node[foreign]

    inside = _lies_on(corners[face], mesh.nodes[node], radii[face])
    if inside.any():
        at = int(np.argmax(inside))
        corner_nodes = ",".join(map(str, faces[face[at]]))
        raise Refusal(
            "MESH_DEGENERATE",
            f"hangs in the face ({corner_nodes}); divide the cell at that face so that the node is its corner",
            f"nodes[{node[at]}]",
            {"node": str(node[at]), "face": corner_nodes},
        )


def _lies_on(corners: Array, points: Array, radii: Array) -> Array:
    """(n,) bool: whether points (n, 3) lie on the triangles (n, 3, 3) and not at their corners."""
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    offset = points - corners[:, 0]
    normal = np.cross(one, other)
    square = np.sum(normal**2, axis=1)
    height = np.abs(np.sum(normal * offset, axis=1)) / np.sqrt(square)
    second = np.sum(np.cross(offset, other) * normal, axis=1) / square
    third = np.sum(np.cross(one, offset) * normal, axis=1) / square
    smallest = np.minimum(np.minimum(second, third), 1 - second - third)
    distance = np.linalg.norm(corners - points[:, None], axis=2).min(axis=1)
    return np.asarray((height < FLATNESS * radii) & (smallest > -FLATNESS) & (distance > FLATNESS * radii))
