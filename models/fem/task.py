"""Diffusion: the task −∇·(k ∇u) = f on triangles, its result, and its line in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import Array, Resources, Result, Spec, scalar, tensor
from models.fem.session_task import SessionTask


@dataclass(frozen=True, kw_only=True)
class DiffusionTask(SessionTask):
    """Find u, and bound its error in the energy norm."""

    error_bound: str = scalar(
        "fast",
        "the guaranteed bound on the energy error: fast, or sharp in several times the time of solving, or none",
        choices=("fast", "sharp", "none"),
    )

    def check(self) -> None:
        self.check_problem()
        self.check_session()


@dataclass(frozen=True, kw_only=True)
class DiffusionResult(Result):
    u: Array = tensor("float64", ("points",), "the solution at the points")
    points: Array = tensor("float64", ("points", 2), "where the points are")
    cells: Array = tensor(
        "int64",
        ("cells", 3),
        "points of each cell: corners counter-clockwise, then for degree 2 the midpoints of edges (0,1), (1,2), (2,0)",
        alternatives=(("cells", 6),),
    )
    cell_bound: Array | None = tensor(
        "float64",
        ("cells",),
        "each cell's share of the squared error bound; sums to its square; absent where no bound was asked for",
        optional=True,
    )


def _around(count: int) -> Array:
    """(4 count,): the points on the boundary of the square in count × count."""
    is_inner = np.zeros((count + 1, count + 1), dtype=bool)
    is_inner[1:-1, 1:-1] = True
    return np.flatnonzero(~is_inner)


SPEC = Spec(
    name="fem.diffusion",
    version="1",
    summary="Stationary diffusion on triangles, P1 and P2, with a guaranteed bound on the energy error.",
    task=DiffusionTask,
    result=DiffusionResult,
    factory="models.fem.solve:DiffusionSolver",
    example=lambda: DiffusionTask(
        # As large as takes multigrid, and held all around as takes the square's stars, so that a replica compiles them
        # before it serves. The stars of other meshes are compiled by the example of `certify`.
        divisions=np.array([32, 32]),
        conductivity=np.ones(1),
        source=np.ones(1),
        dirichlet_points=_around(32),
        dirichlet_values=np.zeros(4 * 32),
    ),
    max_batch=16,
    resources=Resources(cpus=1.0, min_replicas=1),
)
