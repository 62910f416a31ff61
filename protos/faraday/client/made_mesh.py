"""Meshes that the server has made, as they come back: by their names, so that they are not sent again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from faraday.client.mesh import Mesh
from faraday.client.tensors import Array, decode
from faraday.v1 import finite_element_pb2 as pb

# Of files, by the end of their names.
FORMATS = {".msh": "gmsh", ".vtk": "vtk", ".vtu": "vtu", ".inp": "abaqus"}


def of_file(made: pb.CreateMeshResponse, content: pb.Cells) -> Mesh:
    """With the subdomains that the file names. Raises `MalformedReply`."""
    return replace(_kept(made, content), subdomains=_parts(made.cell_names, decode(made.cell_labels)))


def of_refinement(made: pb.CreateMeshResponse, content: pb.Cells) -> Mesh:
    """With the cell that each was a part of. Raises `MalformedReply`."""
    return replace(_kept(made, content), origins=decode(made.cell_labels))


def _kept(made: pb.CreateMeshResponse, content: pb.Cells) -> Mesh:
    boundaries: dict[str, Array] = {}
    if content.boundary_names:
        facets = decode(content.boundary_facets)
        names = [name.strip() for name in content.boundary_names.split(",")]
        boundaries = {name: facets[at] for name, at in _parts(names, decode(content.boundary_labels)).items()}
    mesh_id = made.mesh.mesh_id
    return Mesh(decode(content.nodes), decode(content.cells), mesh_id=mesh_id, boundaries=boundaries)


def _parts(names: Iterable[str], labels: Array) -> dict[str, Array]:
    return {name: np.flatnonzero(labels == number) for number, name in enumerate(names)}
