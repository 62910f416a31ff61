"""Fields for loads on the square: conjugate gradients with multigrid, or a direct solve where these do not converge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.base import Array
from models.fem.direct import Solution
from models.fem.structured.colours import joined, split_into
from models.fem.structured.cycle import conjugate_gradients, relax_red
from models.fem.structured.levels import Levels

# Of the error to the solution in energy norm, as estimated: two digits below the 1e-8 that a direct solve is held to.
ENERGY_TOLERANCE = 1e-10
# Of the largest residual to the largest load: half of what a converged answer is held to; see `solve.RESIDUAL_LIMIT`.
RESIDUAL_TOLERANCE = 5e-9
# A row of K has five terms, and is computed in two passes.
ROUND_OFF = 8 * float(np.finfo(np.float64).eps)
# Ten steps are usual. A hundred take as long as the direct solve which is then tried on 32², an eighth of it on 256².
MAX_STEPS = 100

_DIRECT = "sparse LU, as conjugate gradients with Galerkin multigrid had not converged"


@dataclass(frozen=True, eq=False)
class SquareSolution(Solution):
    steps: int = 0  # of the conjugate gradients that found x
    is_direct: bool = False  # whether these had not converged


@dataclass(frozen=True, eq=False)
class Improvement:
    """Of a field that somebody else computed, by a few steps of conjugate gradients that begin there."""

    x: Array  # (points,): after these steps
    correction: Array  # (points,): what one more step would add to x
    gains: Array  # what each has taken from the squared energy error: relaxing red nodes, the steps, that one more


def solve_all(
    levels: Levels, loads: Sequence[Array], fixed: Sequence[Array], starts: Sequence[Array] | None = None
) -> list[SquareSolution]:
    """One field (points,) for each load (points,) and its fixed values (points,), 0 at the free nodes.

    Iterations begin at `starts`, or at 0. A load for which multigrid does not converge is solved directly; the factor
    is kept with the levels. Multigrid is tried for each, so that an answer does not depend on what was asked before.
    Raises `SingularMatrix`.
    """
    found = []
    begins: Sequence[Array | None] = [None] * len(loads) if starts is None else starts
    for load, values, start in zip(loads, fixed, begins, strict=True):
        solution, converged = _iterated(levels, load, values, start)
        found.append(solution if converged else _direct(levels, load, values))
    return found


def improve(levels: Levels, load: Array, u: Array, steps: int) -> Improvement:
    """A field u (points,), whose values at fixed nodes are right, after so many steps, or fewer where it has converged.

    The last of the gains is nearly the squared energy error of x, and the sum of all that of u, against the discrete
    solution: never more, and less by what the step that was looked ahead leaves, a hundredth of it for smooth k.
    """
    values = np.zeros_like(u)
    at_fixed = _fixed_points(levels)
    values[at_fixed] = u[at_fixed]
    rest = _rest(levels, load, values)
    size = float(np.max(np.abs(rest))) or 1.0
    double, single, _ = levels.grids.room
    split_into(double[:2], rest / size)
    split_into(double[2:4], ((u - values) / size).reshape(levels.grids.shape))
    relaxed = relax_red(double[2], levels.fine, double[0], double[3])
    squares = np.zeros(steps + 1)
    taken, _, _ = _iterate(levels, steps, True, squares)
    x = size * joined(double[2:4]).ravel() + values
    ahead = np.zeros_like(double[:2])
    ahead[1] = single[: 6 * double[0].size].reshape(6, *double[0].shape)[3]
    relax_red(ahead[0], levels.fine, np.zeros_like(double[0]), ahead[1])
    gains = levels.scale * size**2 * np.concatenate(([relaxed], squares[: taken + 1]))
    return Improvement(x, size * joined(ahead).ravel(), gains)


def _iterated(levels: Levels, load: Array, values: Array, start: Array | None) -> tuple[SquareSolution, bool]:
    rest = _rest(levels, load, values)
    size = float(np.max(np.abs(rest)))
    if size == 0:
        return SquareSolution(values.copy(), 0.0, _method(0)), True
    double = levels.grids.room[0]
    split_into(double[:2], rest / size)
    if start is not None:
        free = start / size
        free[_fixed_points(levels)] = 0
        split_into(double[2:4], free.reshape(levels.grids.shape))
    steps, residual, converged = _iterate(levels, MAX_STEPS, start is not None, np.empty(MAX_STEPS + 1))
    u = size * joined(double[2:4]).ravel() + values  # one of them is 0
    return SquareSolution(u, residual, _method(steps), steps), converged


def _iterate(levels: Levels, max_steps: int, is_warm: bool, squares: Array) -> tuple[int, float, bool]:
    grids = levels.grids
    return conjugate_gradients(
        *grids.room, grids.sides, grids.starts, levels.fine, levels.stencils, levels.shares, levels.lower,
        ENERGY_TOLERANCE, RESIDUAL_TOLERANCE, ROUND_OFF, max_steps, is_warm, squares,
    )  # fmt: skip


def _fixed_points(levels: Levels) -> Array:
    columns, rows = levels.grids.fixed[0].T
    return np.asarray(columns + rows * levels.grids.shape[1])


def _direct(levels: Levels, load: Array, values: Array) -> SquareSolution:
    columns, rows = levels.grids.fixed[0].T
    is_free = np.ones(levels.grids.shape, dtype=bool)
    is_free[rows, columns] = False
    inner = levels.factor.solve(_rest(levels, load, values)[is_free])
    u = values.copy()
    u[is_free.ravel()] = inner.x
    return SquareSolution(u, inner.residual, _DIRECT, is_direct=True)


def _rest(levels: Levels, load: Array, values: Array) -> Array:
    """(ny + 1, nx + 1): what the fixed values leave of a load over the scale of the conductances; 0 at fixed nodes."""
    grids = levels.grids
    rest = load.reshape(grids.shape) / levels.scale
    columns, rows = grids.fixed[0].T
    given = values.reshape(grids.shape)[rows, columns]
    if given.any():
        for side, step in enumerate(((-1, 0), (1, 0), (0, -1), (0, 1))):
            beside = grids.fixed[0] + step
            inside = ((beside >= 0) & (beside < grids.shape[::-1])).all(axis=1)
            np.add.at(rest, tuple(beside[inside].T[::-1]), (levels.couplings[:, side] * given)[inside])
    rest[rows, columns] = 0
    return np.asarray(rest)


def _method(steps: int) -> str:
    return f"conjugate gradients with Galerkin multigrid ({steps} steps)"
