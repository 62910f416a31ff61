"""From a task's arrays to a mesh that can be computed on: cells checked, boundaries named."""

from __future__ import annotations

import numpy as np
from skfem import Mesh, MeshHex

from models.base import Array, Refusal
from models.fem.conforming import refuse_loose_nodes
from models.fem.domain.conforming import refuse_nonconforming
from models.fem.domain.jacobians import corner_jacobians
from models.fem.domain.shapes import CURVED, MESHES, SHAPES
from models.fem.domain.task import DomainTask
from models.fem.mesh import FLATNESS

WHOLE = "boundary"  # the name that every mesh has

# Where VTK's points of a triquadratic hexahedron are in scikit-fem's: 8 corners, 12 edges, 6 faces, the middle. VTK
# numbers corners around bottom and top, scikit-fem by their distance from the first.
VTK_HEXAHEDRON = (
    *(0, 3, 6, 2, 1, 5, 7, 4),
    *(10, 16, 14, 9, 12, 18, 17, 11, 8, 15, 19, 13),
    *(20, 25, 22, 23, 21, 24),
    26,
)


def mesh_of(task: DomainTask) -> Mesh:
    """Raises `Refusal` MESH_DEGENERATE, NOT_BOUNDARY or DUPLICATE."""
    if task.shape == "own":
        return named(task, _own(task))
    assert task.divisions is not None
    mesh = SHAPES[task.shape](task.cell_kind, task.divisions, task.lengths)
    if task.degree == 2 and task.shape in CURVED:
        mesh = CURVED[task.shape](mesh, task.lengths)
    return mesh.with_boundaries({WHOLE: mesh.boundary_facets()})


def named(task: DomainTask, mesh: Mesh) -> Mesh:
    """An own mesh, made of the same nodes and cells, with the task's boundaries.

    All at once: each time that it is given names, scikit-fem makes another mesh, which sorts its facets anew. Raises
    `Refusal` NOT_BOUNDARY or DUPLICATE.
    """
    return mesh.with_boundaries({WHOLE: mesh.boundary_facets(), **_named_boundaries(task, mesh)})


def vtk_corners(mesh: Mesh, corners: Array) -> Array:
    """(cells, corners) in VTK's order, from scikit-fem's."""
    return corners[:, VTK_HEXAHEDRON[:8]] if isinstance(mesh, MeshHex) else corners


def _own(task: DomainTask) -> Mesh:
    assert task.nodes is not None and task.cells is not None
    refuse_loose_nodes(task.nodes, task.cells)
    corners = task.cells
    if task.cell_kind == "hexahedron":
        corners = np.empty_like(task.cells)
        corners[:, VTK_HEXAHEDRON[:8]] = task.cells
    mesh = MESHES[task.cell_kind](np.ascontiguousarray(task.nodes.T), np.ascontiguousarray(corners.T))
    refuse_nonconforming(mesh, _refuse_degenerate_cells(mesh))
    return mesh


def _refuse_degenerate_cells(mesh: Mesh) -> Array:
    """A cell's map must keep its orientation at all of its corners, and be of some size against its longest side.

    (cells,) bool: where it is the other one than that of the reference cell.
    """
    determinant = corner_jacobians(mesh)
    places = mesh.p[:, mesh.t]
    size = np.max(np.ptp(places, axis=1), axis=0) ** mesh.dim()
    signed = determinant / size[:, None]
    folded = np.abs(np.sign(signed).sum(axis=1)) < determinant.shape[1]
    flat = np.abs(signed).min(axis=1) < FLATNESS
    bad = folded | flat
    if bad.any():
        at = int(np.argmax(bad))
        what = "is flat" if flat[at] else "is folded over: it is not convex, or its corners are in another order"
        raise Refusal("MESH_DEGENERATE", f"{what}; mend or leave it out", f"cells[{at}]", {"cell": str(at)})
    return np.asarray(determinant[:, 0] < 0)


def _named_boundaries(task: DomainTask, mesh: Mesh) -> dict[str, Array]:
    names = task.own_names
    repeated = {name for name in names if names.count(name) > 1 or name == WHOLE}
    if repeated:
        name = min(repeated)
        raise Refusal("DUPLICATE", f"'{name}' is there already; give each boundary its own name", "boundary_names")
    if task.boundary_facets is None or task.boundary_labels is None:
        return {}
    facets = _find(mesh, task.boundary_facets)
    return {name: facets[task.boundary_labels == label] for label, name in enumerate(names)}


def _find(mesh: Mesh, wanted: Array) -> Array:
    """(n,): the boundary facet with each row of corners (n, corners)."""
    at_boundary = mesh.boundary_facets()
    known = np.sort(mesh.facets[:, at_boundary].T, axis=1)
    rows = np.concatenate((known, np.sort(wanted, axis=1).astype(known.dtype)))
    _, number = np.unique(rows, axis=0, return_inverse=True)
    facet = np.full(int(number.max()) + 1, -1)
    facet[number[: len(known)]] = at_boundary
    found = facet[number[len(known) :]]
    if (found < 0).any():
        at = int(np.argmax(found < 0))
        corners = ", ".join(map(str, wanted[at].tolist()))
        raise Refusal(
            "NOT_BOUNDARY",
            f"({corners}) is no facet of the mesh's boundary",
            f"boundary_facets[{at}]",
            {"facet": corners},
        )
    return np.asarray(found)
