"""Whether the cells of an own mesh meet as cells of a mesh do: facet to facet, at most two at each, side by side."""

from __future__ import annotations

import numpy as np
from skfem import Mesh

from models.base import Array
from models.fem.conforming import directions, refuse_crossed_faces, refuse_overlaps
from models.fem.hanging import refuse_hanging_nodes


def refuse_nonconforming(mesh: Mesh, is_turned: Array) -> None:
    """`is_turned` (cells,): where the cell's map changes the orientation of scikit-fem's reference cell.

    Unconnected parts that lie over each other are not looked for. Raises `Refusal` MESH_DEGENERATE.
    """
    corners, outward = _outward(mesh)
    runs = mesh.t[corners.T]
    if len(runs) == 4:
        refuse_crossed_faces(runs, mesh.t2f)
    sides = np.where(directions(runs) ^ outward[:, None] ^ is_turned, 1.0, -1.0)
    refuse_overlaps(mesh.t.T, mesh.facets.T, mesh.t2f, sides)
    facets = mesh.boundary_facets()
    owners = mesh.f2t[0, facets]
    local = np.argmax(mesh.t2f[:, owners] == facets, axis=0)
    # Not mesh.facets: scikit-fem keeps the corners of a face sorted, and not as they are around it.
    refuse_hanging_nodes(mesh.p.T, runs[:, local, owners].T)


def _outward(mesh: Mesh) -> tuple[Array, Array]:
    """The corners (facets, corners) of the reference cell's facets, around each; and whether they run (facets,) with
    the cell on their left, or seen from outside, counter-clockwise."""
    reference = mesh.elem.refdom
    corners = np.array(reference.facets)
    places = reference.p.T[corners]
    inward = reference.p.mean(axis=1) - places[:, 0]
    along, then = places[:, 1] - places[:, 0], places[:, -1] - places[:, 0]
    if mesh.dim() == 2:
        return corners, along[:, 0] * inward[:, 1] > along[:, 1] * inward[:, 0]
    return corners, np.sum(np.cross(along, then) * inward, axis=1) < 0
