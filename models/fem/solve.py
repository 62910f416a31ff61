"""The diffusion model: tasks in, fields with guaranteed error bounds out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.assembly import flux_load, source_load, stiffness
from models.fem.certified import certified
from models.fem.direct import SingularMatrix, Solution, solve
from models.fem.mesh import Triangulation
from models.fem.problem import Problem, mesh_of, problem
from models.fem.scale import out_of_scale
from models.fem.task import DiffusionResult, DiffusionTask

# A backward stable solve leaves about 1e-14. Beyond this the matrix is so ill conditioned that digits of u are in
# doubt.
RESIDUAL_LIMIT = 1e-8


class DiffusionSolver:
    """Sparse direct on the CPU, whatever the device: SuperLU has no GPU version."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[DiffusionTask]) -> list[DiffusionResult | Refusal]:
        """One result or refusal for each task, in order. Neighbours in a batch with the same mesh share its edges."""
        answers: list[DiffusionResult | Refusal] = []
        latest: tuple[DiffusionTask, Triangulation] | None = None
        for task in tasks:
            try:
                task.check()
                mesh = latest[1] if latest and _same_mesh(latest[0], task) else mesh_of(task)
                latest = task, mesh
                answers.append(answer(problem(task, mesh)))
            except Refusal as refusal:
                answers.append(refusal)
        return answers


def answer(given: Problem) -> DiffusionResult:
    """Raises `Refusal` OUT_OF_RANGE where the numbers of the problem do not fit into floating point."""
    try:
        with np.errstate(all="ignore"):
            solution = solve_field(given)
    except SingularMatrix:
        raise out_of_scale() from None
    found = certified(given, solution.x)
    degree = given.element.degree
    converged = solution.residual <= RESIDUAL_LIMIT
    evidence = Evidence(
        outcome=Outcome.CONVERGED if converged else Outcome.NOT_CONVERGED,
        advice="" if converged else "the system is very ill conditioned: improve flat cells or lower the contrast of k",
        method=f"{given.element.name} Lagrange elements, sparse LU; error bound by an equilibrated Raviart-Thomas flux",
        residual=solution.residual,
        error_bound=found.bound,
    )
    return DiffusionResult(
        u=solution.x,
        points=given.mesh.points(degree),
        cells=given.mesh.cell_points(degree),
        cell_bound=found.shares,
        evidence=evidence,
    )


def solve_field(given: Problem) -> Solution:
    """u_h (points,) and the residual on the points that are not Dirichlet."""
    mesh, element = given.mesh, given.element
    matrix = stiffness(mesh, element, given.conductivity)
    load = source_load(mesh, element, given.source)
    load += flux_load(mesh, element, given.boundary.neumann_edges, given.boundary.flux)
    u = np.zeros(len(load))
    u[given.boundary.dirichlet_points] = given.boundary.dirichlet_values
    is_free = np.ones(len(u), dtype=bool)
    is_free[given.boundary.dirichlet_points] = False
    free = np.flatnonzero(is_free)
    rows = matrix[free]
    inner = solve(rows[:, free], load[free] - rows @ u)
    u[free] = inner.x
    return Solution(u, inner.residual)


def _same_mesh(one: DiffusionTask, other: DiffusionTask) -> bool:
    return all(_same(getattr(one, name), getattr(other, name)) for name in ("divisions", "nodes", "cells"))


def _same(one: Array | None, other: Array | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)
