"""Makes and refines meshes; see `task`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from skfem import Mesh, MeshHex, MeshQuad, MeshTet, MeshTri

from models.base import Array, Evidence, Refusal
from models.fem.domain.batch import in_order
from models.fem.domain.build import WHOLE, vtk_corners
from models.fem.meshing.quality import positive, quality
from models.fem.meshing.refine import bisected, divided
from models.fem.meshing.task import MeshResult, MeshTask

_KINDS = {MeshTri: "triangle", MeshQuad: "quadrilateral", MeshTet: "tetrahedron", MeshHex: "hexahedron"}


class Mesher:
    """On the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[MeshTask]) -> list[MeshResult | Refusal]:
        return in_order(tasks, _made)


def _made(task: MeshTask, mesh: Mesh) -> MeshResult:
    ancestors = np.arange(mesh.nelements)
    for _ in range(task.refinements):
        mesh, parents = divided(mesh)
        ancestors = ancestors[parents]
    if task.marked is not None and len(task.marked):
        mesh, parents = bisected(mesh, task.marked)
        ancestors = ancestors[parents]
    names = [name for name in mesh.boundaries or {} if name != WHOLE]
    return result_of(mesh, names, ancestors, "")


def result_of(mesh: Mesh, names: Sequence[str], cell_labels: Array, cell_names: str) -> MeshResult:
    """The mesh with these of its named boundaries; its cells turn positively."""
    named = [np.asarray(mesh.boundaries[name]) for name in names]
    facets = np.concatenate([np.zeros(0, np.int64), *named])
    return MeshResult(
        nodes=np.ascontiguousarray(mesh.p.T),
        cells=np.ascontiguousarray(vtk_corners(mesh, positive(mesh)), np.int64),
        cell_kind=_KINDS[type(mesh)],
        boundary_facets=np.ascontiguousarray(mesh.facets[:, facets].T, np.int64),
        boundary_labels=np.repeat(np.arange(len(names)), [len(own) for own in named]),
        boundary_names=", ".join(names),
        cell_labels=np.asarray(cell_labels, np.int64),
        cell_names=cell_names,
        quality=quality(mesh),
        evidence=Evidence(method="scikit-fem"),
    )
