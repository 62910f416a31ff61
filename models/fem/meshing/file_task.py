"""A mesh from a file's bytes: gmsh, VTK's legacy or XML format, or Abaqus; task and line in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Spec, Task, scalar, tensor
from models.fem.meshing.task import MeshResult

MAX_BYTES = 256 << 20

_EXAMPLE = b"""*NODE
1, 0.0, 0.0, 0.0
2, 1.0, 0.0, 0.0
3, 0.0, 1.0, 0.0
*ELEMENT, TYPE=CPS3, ELSET=plate
1, 1, 2, 3
*ELEMENT, TYPE=T2D2, ELSET=held
2, 1, 2
"""


@dataclass(frozen=True, kw_only=True)
class MeshFileTask(Task):
    """Read a file of first-order cells of one kind; cells of one dimension less name the boundary."""

    content: Array = tensor("uint8", (-1,), "the file, as it is")
    file_format: str = scalar(
        "gmsh",
        "gmsh: 2.2, 4.0 or 4.1, text or binary; vtk: legacy 3.0 to 5.1; vtu: XML, one piece, plain or by zlib",
        choices=("gmsh", "vtk", "vtu", "abaqus"),
    )

    def check(self) -> None:
        size = len(self.content)
        if not 0 < size <= MAX_BYTES:
            details = {"got_bytes": str(size), "limit_bytes": str(MAX_BYTES)}
            raise Refusal("WRONG_SIZE", f"has {size} bytes; send 1 to {MAX_BYTES}", "content", details)


SPEC = Spec(
    name="fem.mesh.file",
    version="1",
    summary="Meshes from files of gmsh, VTK and Abaqus, with their named boundaries and subdomains.",
    task=MeshFileTask,
    result=MeshResult,
    factory="models.fem.meshing.file:MeshReader",
    example=lambda: MeshFileTask(content=np.frombuffer(_EXAMPLE, np.uint8), file_format="abaqus"),
    max_batch=1,
    resources=ON_DEMAND,
)
