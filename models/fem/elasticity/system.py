"""The linear system of an elasticity problem: the displacements that balance its loads, and the reactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import bsr_array

from models.base import Array
from models.fem import direct_solvers, multigrid
from models.fem.direct import Solution
from models.fem.elasticity.form import body_load, stiffness, thermal_load, traction_load
from models.fem.elasticity.problem import Problem
from models.fem.elasticity.rigid import rigid_modes

# By dimension: up to so many unknowns sparse Cholesky is the faster, as measured in DESIGN.md. In the plane it is
# for all meshes that are taken, of which the largest structured one has about 400,000.
DIRECT_UP_TO = {2: 1_000_000, 3: 30_000}

# Where loads and reactions are less than this part of the terms that cancel in them (a rigid motion, a free thermal
# expansion) they are round-off, and the terms are the measure of their imbalance.
CANCELLING = 1e-6


@dataclass(frozen=True, eq=False)
class Balance:
    """A displacement and the forces that go with it."""

    u: Array  # (points, d)
    residual: float  # on the rows that are not prescribed
    reactions: Array  # (fixed,)
    imbalance: Array  # (modes,): of loads and reactions, relative
    energy_norm: float  # ‖C^½ ε(u)‖
    method: str


def balance(problem: Problem, direct_up_to: Mapping[int, int] = DIRECT_UP_TO) -> Balance:
    """Raises `SingularMatrix`. Rigid motions that are free are refused before."""
    mesh, element = problem.mesh, problem.element
    points = mesh.points(element.degree)
    matrix = stiffness(mesh, element, problem.material)
    outer = body_load(mesh, element, problem.body_force)
    outer += traction_load(mesh, element, problem.traction_facets, problem.traction)
    load = (outer + thermal_load(mesh, element, problem.material, problem.thermal_strain)).ravel()
    modes = rigid_modes(points).reshape(len(load), -1)

    u = np.zeros(len(load))
    u[problem.fixed] = problem.fixed_values
    rest, limit = load - matrix @ u, direct_up_to[points.shape[1]]
    solution, method = _solved(matrix, rest, problem.fixed, points, modes, limit)
    u += solution.x
    reactions = (matrix @ u - load)[problem.fixed]
    forces = outer.ravel().copy()
    forces[problem.fixed] += reactions
    inner = float(np.sum(abs(matrix) @ np.abs(u)) + np.abs(load).sum())
    size = np.abs(outer).sum() + np.abs(reactions).sum() + CANCELLING * inner
    return Balance(
        u=u.reshape(points.shape),
        residual=solution.residual,
        reactions=reactions,
        imbalance=modes.T @ forces / size if size > 0 else np.zeros(modes.shape[1]),
        energy_norm=float(np.sqrt(max(u @ (matrix @ u), 0.0))),
        method=method,
    )


def _solved(
    matrix: bsr_array, load: Array, fixed: Array, points: Array, modes: Array, limit: int
) -> tuple[Solution, str]:
    """The correction of the free rows, zero on the prescribed ones, and what found it."""
    is_free = np.ones(len(load), dtype=bool)
    is_free[fixed] = False
    free = np.flatnonzero(is_free)
    if len(free) > limit:
        found = multigrid.solve(_held(matrix, is_free), np.where(is_free, load, 0.0), modes * is_free[:, None])
        name = "conjugate gradients with smoothed aggregation of rigid motions"
        return found.solution, f"{name}, {found.steps} steps (above {limit} unknowns)"
    inner = direct_solvers.solve(matrix.tocsr()[free][:, free], load[free], points[free // points.shape[1]])
    x = np.zeros_like(load)
    x[free] = inner.x
    return Solution(x, inner.residual), inner.method


def _held(matrix: bsr_array, is_free: Array) -> bsr_array:
    """The matrix with the prescribed rows and columns emptied but for their diagonal."""
    d = matrix.blocksize[0]
    free = is_free.reshape(-1, d)
    rows, columns = np.repeat(np.arange(len(free)), np.diff(matrix.indptr)), matrix.indices
    blocks = matrix.data * free[rows][:, :, None] * free[columns][:, None, :]
    at = np.flatnonzero(rows == columns)
    kept = np.where(free, 0.0, np.diagonal(matrix.data[at], axis1=1, axis2=2))
    blocks[at] += kept[:, :, None] * np.eye(d)
    return bsr_array((blocks, matrix.indices, matrix.indptr), shape=matrix.shape)
