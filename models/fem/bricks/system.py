"""The linear system of a body: the displacements that balance its loads, and what proves that they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import bsr_array

from models.base import Array
from models.fem import direct_solvers
from models.fem import multigrid as aggregation
from models.fem.bricks import multigrid
from models.fem.bricks.body import Body
from models.fem.bricks.held import held
from models.fem.bricks.pattern import pattern
from models.fem.bricks.stiffness import stiffness, tables
from models.fem.direct import Solution
from models.fem.elasticity.system import CANCELLING

# By dimension: up to so many unknowns sparse Cholesky is tried before smoothed aggregation. See DESIGN.md.
DIRECT_UP_TO = {2: 1_000_000, 3: 30_000}
# More would take minutes by smoothed aggregation.
AGGREGATION_UP_TO = 120_000
# Above it conjugate gradients have not converged.
SOLVED = 1e-7


@dataclass(frozen=True, eq=False)
class Balance:
    """A displacement and the forces that go with it."""

    u: Array  # (points, d)
    residual: float  # on the rows that are not prescribed
    reactions: Array  # (points, d): 0 where free
    imbalance: Array  # (modes,): of loads and reactions, relative
    energy_norm: float  # ‖C^½ ε(u)‖
    method: str


def assembled(given: Body) -> bsr_array:
    basis = given.basis
    mesh = basis.mesh
    return stiffness(
        tables(basis.elem, mesh.elem()),
        pattern(basis.element_dofs.T, basis.N),
        mesh.dofs.element_dofs.T,
        mesh.doflocs.T,
        given.material.lame,
        given.material.shear,
    )


def balance(given: Body, direct_up_to: Mapping[int, int] = DIRECT_UP_TO) -> Balance:
    """Raises `SingularMatrix`. Rigid motions that are free are refused before."""
    matrix = assembled(given)
    load = (given.outer + given.thermal_load).ravel()
    u = given.values.ravel().copy()
    rest = np.where(given.is_free.ravel(), load - matrix @ u, 0.0)
    solution, method = _solved(given, held(matrix, given.is_free), rest, direct_up_to)
    u += solution.x
    reactions = np.where(given.is_free.ravel(), 0.0, matrix @ u - load)
    inner = float(np.sum(abs(matrix) @ np.abs(u)) + np.abs(load).sum())
    size = np.abs(given.outer).sum() + np.abs(reactions).sum() + CANCELLING * inner
    forces = given.outer.ravel() + reactions
    modes = given.modes
    return Balance(
        u=u.reshape(given.points.shape),
        residual=solution.residual,
        reactions=reactions.reshape(given.points.shape),
        imbalance=modes.T @ forces / size if size > 0 else np.zeros(modes.shape[1]),
        energy_norm=float(np.sqrt(max(u @ (matrix @ u), 0.0))),
        method=method,
    )


def _solved(given: Body, matrix: bsr_array, load: Array, direct_up_to: Mapping[int, int]) -> tuple[Solution, str]:
    """The correction of the free rows, zero on the prescribed ones, and what found it."""
    before = ""
    if given.box is not None:
        found = multigrid.solve(multigrid.hierarchy(matrix, given.is_free, *given.box), load)
        if found.solution.residual <= SOLVED or len(load) > AGGREGATION_UP_TO:
            return found.solution, f"conjugate gradients with geometric multigrid, {found.steps} steps"
        before = f" (geometric multigrid had not converged in {found.steps} steps)"
    free = np.flatnonzero(given.is_free.ravel())
    d = given.points.shape[1]
    if len(free) <= direct_up_to[d]:
        inner = direct_solvers.solve(matrix.tocsr()[free][:, free], load[free], given.points[free // d])
        x = np.zeros_like(load)
        x[free] = inner.x
        return Solution(x, inner.residual), inner.method + before
    near_kernel = given.modes * given.is_free.reshape(-1, 1)
    found = aggregation.solve(matrix, load, near_kernel)
    name = "conjugate gradients with smoothed aggregation of rigid motions"
    return found.solution, f"{name}, {found.steps} steps" + before
