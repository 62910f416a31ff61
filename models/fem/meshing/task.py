"""A mesh as an answer: the task of making and refining one, its result, and its line in the catalogue.

Who wants values per cell on a built-in shape needs to know where its cells are: this is who tells. What comes back can
be sent as an own mesh with any problem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Result, Spec, scalar, tensor
from models.fem.check import check_range
from models.fem.domain.task import DIMENSION, DomainTask

MAX_CELLS = 2_000_000
MAX_REFINEMENTS = 12
SIMPLICES = ("triangle", "tetrahedron")


@dataclass(frozen=True, kw_only=True)
class MeshTask(DomainTask):
    """Make the domain's mesh, and refine it: `refinements` times everywhere, then the `marked` cells once."""

    refinements: int = scalar(0, "how often every cell is divided, into 4 in the plane and 8 in space")
    marked: Array | None = tensor(
        "int64",
        (-1,),
        "cells of the mesh so far to be divided, and of others what keeps it conforming; simplices only",
        optional=True,
    )

    def check(self) -> None:
        if not 0 <= self.refinements <= MAX_REFINEMENTS:
            raise Refusal("OUT_OF_RANGE", f"is {self.refinements}; send 0 to {MAX_REFINEMENTS}", "refinements")
        if self.degree != 1 or self.conditions:
            name = "conditions" if self.conditions else "degree"
            raise Refusal("UNKNOWN_INPUT", "says nothing of a mesh; leave it out", name)
        cells = self.check_domain(max_unknowns=MAX_CELLS)
        grown = cells * 2 ** (DIMENSION[self.cell_kind] * self.refinements)
        if grown > MAX_CELLS:
            details = {"cells": str(grown), "max": str(MAX_CELLS)}
            raise Refusal("OUT_OF_RANGE", f"makes {grown} cells; at most {MAX_CELLS} are made", "refinements", details)
        if self.marked is not None:
            if self.cell_kind not in SIMPLICES:
                raise Refusal("UNKNOWN_INPUT", f"is for {' and '.join(SIMPLICES)} cells only", "marked")
            check_range("marked", self.marked, grown, "cells")


@dataclass(frozen=True, kw_only=True)
class MeshResult(Result):
    """As an own mesh is sent: see `models.fem.domain.task`."""

    nodes: Array = tensor("float64", ("nodes", -1), "coordinates")
    cells: Array = tensor("int64", ("cells", -1), "nodes of each cell, in VTK's order, positively oriented")
    cell_kind: str = scalar("", "what the cells are")
    boundary_facets: Array = tensor("int64", ("facets", -1), "the named facets of the boundary, by their nodes")
    boundary_labels: Array = tensor("int64", ("facets",), "which of boundary_names each belongs to")
    boundary_names: str = scalar("", "separated by commas")
    cell_labels: Array = tensor(
        "int64", ("cells",), "of a made mesh: the cell before refinement; of a read one: which of cell_names, or -1"
    )
    cell_names: str = scalar("", "of the subdomains of a read mesh, separated by commas")
    quality: Array = tensor(
        "float64",
        ("cells",),
        "least Jacobian at a corner over that of the best cell of its longest edge: equilateral, or a cube",
    )


SPEC = Spec(
    name="fem.mesh",
    version="1",
    summary="Meshes of the built-in shapes and refinements of any mesh, with named boundaries.",
    task=MeshTask,
    result=MeshResult,
    factory="models.fem.meshing.make:Mesher",
    example=lambda: MeshTask(shape="l_shape", divisions=np.array([1]), marked=np.array([0])),
    max_batch=16,
    resources=ON_DEMAND,
)
