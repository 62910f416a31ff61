"""The adaptive model: solve, certify, mark, refine, until the guaranteed bound meets the tolerance.

Marked is the smallest set of cells that holds a given part of the squared bound (Dörfler 1996, SIAM J. Numer. Anal.
33, 1106-1124). With newest vertex bisection the meshes are then, up to a constant factor in cells, as good as the best
there are (Stevenson 2007, Found. Comput. Math. 7, 245-269; Cascon, Kreuzer, Nochetto & Siebert 2008, SIAM J. Numer.
Anal. 46, 2524-2550).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.adaptive_task import AdaptiveResult, AdaptiveTask
from models.fem.bisection import bisect, longest_edges_first
from models.fem.bound import Certificate
from models.fem.certified import certified
from models.fem.direct import SingularMatrix, Solution
from models.fem.problem import Problem, mesh_of, problem
from models.fem.scale import out_of_scale
from models.fem.solve import RESIDUAL_LIMIT, solve_field

# Cells are not made smaller than this part of the domain: beyond it coordinates have too few digits for their areas.
FINEST = 1e-7


class AdaptiveSolver:
    """Sparse direct on the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[AdaptiveTask]) -> list[AdaptiveResult | Refusal]:
        """One result or refusal for each task, in order."""
        answers: list[AdaptiveResult | Refusal] = []
        for task in tasks:
            try:
                task.check()
                answers.append(answer(task, problem(task, mesh_of(task))))
            except Refusal as refusal:
                answers.append(refusal)
        return answers


@dataclass(frozen=True, eq=False)
class Step:
    """One mesh of the sequence, with what was found on it."""

    problem: Problem
    origins: Array  # (cells,): cells of the first mesh
    solution: Solution
    certificate: Certificate


def answer(task: AdaptiveTask, given: Problem) -> AdaptiveResult:
    """Raises `Refusal` OUT_OF_RANGE where the numbers of the problem do not fit into floating point."""
    step = _solve(longest_edges_first(given), np.arange(len(given.mesh.cells)))
    cells, bounds = [len(step.origins)], [step.certificate.bound.value]
    advice = ""
    while not (advice or _is_met(step, task.tolerance)):
        refined, advice = _refine(step, task)
        if not advice:
            step = refined
            cells.append(len(step.origins))
            bounds.append(step.certificate.bound.value)
    if step.solution.residual > RESIDUAL_LIMIT:
        advice = "the system is very ill conditioned: improve flat cells or lower the contrast of k"
    mesh, element = step.problem.mesh, step.problem.element
    evidence = Evidence(
        outcome=Outcome.NOT_CONVERGED if advice else Outcome.CONVERGED,
        advice=advice,
        method=f"{element.name} Lagrange elements, {step.solution.method}, on {len(cells)} meshes by bisection; "
        "error bound by an equilibrated Raviart-Thomas flux",
        residual=step.solution.residual,
        error_bound=step.certificate.bound,
    )
    return AdaptiveResult(
        u=step.solution.x,
        points=mesh.points(element.degree),
        cells=mesh.cell_points(element.degree),
        origins=step.origins,
        cell_bound=step.certificate.shares,
        step_cells=np.array(cells),
        step_bounds=np.array(bounds),
        evidence=evidence,
    )


def smallest_holding(shares: Array, part: float) -> Array:
    """(cells,) bool: the fewest cells whose shares sum to at least this part of all shares (cells,)."""
    order = np.argsort(-shares)
    enough = np.searchsorted(np.cumsum(shares[order]), part * shares.sum()) + 1
    chosen = np.zeros(len(shares), dtype=bool)
    chosen[order[:enough]] = True
    return chosen


def _is_met(step: Step, tolerance: float) -> bool:
    bound = step.certificate.bound
    return bound.relative <= tolerance or bound.value == 0


def _solve(given: Problem, origins: Array) -> Step:
    try:
        with np.errstate(all="ignore"):
            solution = solve_field(given)
    except SingularMatrix:
        raise out_of_scale() from None
    return Step(given, origins, solution, certified(given, solution.x))


def _refine(step: Step, task: AdaptiveTask) -> tuple[Step, str]:
    """The next step; or else this one, and what to change for there to be a next."""
    mesh = step.problem.mesh
    extent = float(np.ptp(mesh.nodes, axis=0).max())
    wanted = smallest_holding(step.certificate.shares, task.marking)
    wanted &= mesh.edge_lengths[mesh.cell_edges].min(axis=1) > FINEST * extent
    if not wanted.any():
        return step, "cells cannot be made smaller in floating point: ask for a larger tolerance"
    refined = bisect(step.problem, wanted)
    if len(refined.parents) > task.max_cells:
        return step, f"the next mesh has {len(refined.parents)} cells: allow more by max_cells, or a larger tolerance"
    return _solve(refined.problem, step.origins[refined.parents]), ""
