"""Adaptive diffusion: the task, its result, and its line in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Result, Spec, scalar, tensor
from models.fem.check import MAX_CELLS, check_between
from models.fem.posed import PosedTask


@dataclass(frozen=True, kw_only=True)
class AdaptiveTask(PosedTask):
    """Find u to a tolerance on a mesh that is refined from the given one; its cells hand their data down."""

    tolerance: float = scalar(
        0.05, "the guaranteed bound on the energy error wanted, as a part of the energy norm of u; 1e-10 to 1"
    )
    max_cells: int = scalar(100_000, "the most cells of a mesh; at most 1,000,000 of degree 1 and 250,000 of degree 2")
    marking: float = scalar(
        0.5, "the part of the squared bound whose cells are refined in each step (Dörfler); 0.1 to 0.95"
    )

    def check(self) -> None:
        cell_count, _ = self.check_problem()
        check_between("tolerance", self.tolerance, 1e-10, 1.0)
        check_between("marking", self.marking, 0.1, 0.95)
        check_between("max_cells", self.max_cells, 1, MAX_CELLS[self.degree])
        if cell_count > self.max_cells:
            details = {"cells": str(cell_count), "max_cells": str(self.max_cells)}
            message = f"is {self.max_cells}; the mesh that was sent has {cell_count} already"
            raise Refusal("OUT_OF_RANGE", message, "max_cells", details)


@dataclass(frozen=True, kw_only=True)
class AdaptiveResult(Result):
    u: Array = tensor("float64", ("points",), "the solution at the points of the last mesh")
    points: Array = tensor("float64", ("points", 2), "where the points are")
    cells: Array = tensor(
        "int64",
        ("cells", 3),
        "points of each cell: corners counter-clockwise, then for degree 2 the midpoints of edges (0,1), (1,2), (2,0)",
        alternatives=(("cells", 6),),
    )
    origins: Array = tensor("int64", ("cells",), "the cell of the mesh that was sent in which each cell lies")
    cell_bound: Array = tensor(
        "float64", ("cells",), "each cell's share of the squared error bound; sums to its square"
    )
    step_cells: Array = tensor("int64", ("steps",), "the number of cells of each mesh, the one that was sent first")
    step_bounds: Array = tensor("float64", ("steps",), "the guaranteed bound on the energy error on each mesh")


SPEC = Spec(
    name="fem.diffusion.adaptive",
    version="1",
    summary="Stationary diffusion, refined until the guaranteed bound on its energy error meets a tolerance.",
    task=AdaptiveTask,
    result=AdaptiveResult,
    factory="models.fem.adaptive:AdaptiveSolver",
    example=lambda: AdaptiveTask(
        divisions=np.array([4, 4]),
        conductivity=np.ones(1),
        source=np.ones(1),
        dirichlet_points=np.arange(5),
        dirichlet_values=np.zeros(5),
        tolerance=0.1,
    ),
    max_batch=1,  # a task is several solves: the next caller's should be free to go to another replica
    resources=ON_DEMAND,
)
