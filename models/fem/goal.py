"""The goal model: one factorisation, a primal and a dual solve, a certificate of each, and what both say of J(u)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.adjoint import fixed_values, load
from models.fem.certified import certified
from models.fem.direct import SingularMatrix, Solution
from models.fem.edge_values import as_quadratic, runs_backwards
from models.fem.goal_bound import Side, goal_bound
from models.fem.goal_task import GoalResult, GoalTask
from models.fem.operator import operator
from models.fem.plan import plan
from models.fem.problem import Problem, mesh_of, problem, source_on_cells
from models.fem.scale import out_of_scale
from models.fem.solve import RESIDUAL_LIMIT
from models.fem.structured.square import square_plan
from models.fem.structured.worthwhile import is_worthwhile


class GoalSolver:
    """On the CPU, whatever the device."""

    def __init__(self, device: str) -> None:
        pass

    def run(self, tasks: Sequence[GoalTask]) -> list[GoalResult | Refusal]:
        """One result or refusal for each task, in order."""
        answers: list[GoalResult | Refusal] = []
        for task in tasks:
            try:
                task.check()
                mesh = mesh_of(task)
                task.check_goal(len(mesh.points(task.degree)))
                given = problem(task, mesh)
                answers.append(_answer(task, given, dual_problem(task, given)))
            except Refusal as refusal:
                answers.append(refusal)
        return answers


def dual_problem(task: GoalTask, given: Problem) -> Problem:
    """Raises `Refusal` NOT_BOUNDARY."""
    boundary = given.boundary
    weights = np.zeros(len(boundary.dirichlet_points)) if task.goal_flux_weights is None else task.goal_flux_weights
    dual = replace(boundary, dirichlet_values=0 - weights, flux=np.zeros_like(boundary.flux), flux_degree=0)
    if task.goal_edges is not None and task.goal_edge_values is not None:
        flux = dual.flux.copy()
        flux[_places(task.goal_edges, given)] = as_quadratic(task.goal_edge_values, runs_backwards(task.goal_edges))
        dual = replace(dual, flux=flux, flux_degree=task.goal_edge_values.shape[1] - 1)
    source = source_on_cells(given.mesh, task.degree, task.goal_density, task.goal_cell_density)
    return replace(given, source=source, boundary=dual)


def _places(pairs: Array, given: Problem) -> Array:
    """(n,): where edges, as pairs of nodes (n, 2), are among the Neumann edges."""
    place = np.full(len(given.mesh.edges) + 1, -1)  # the last for edges that are not there
    place[given.boundary.neumann_edges] = np.arange(len(given.boundary.neumann_edges))
    found = place[given.mesh.find_edges(pairs)]
    if (found < 0).any():
        at = int(np.argmax(found < 0))
        first, second = pairs[at].tolist()
        raise Refusal(
            "NOT_BOUNDARY",
            f"({first}, {second}) is no Neumann edge; weigh u on boundary edges that are not Dirichlet, "
            "and the flux through Dirichlet edges by goal_flux_weights",
            f"goal_edges[{at}]",
            {"edge": f"{first},{second}"},
        )
    return np.asarray(found)


def _answer(task: GoalTask, given: Problem, dual: Problem) -> GoalResult:
    """Raises `Refusal` OUT_OF_RANGE where the numbers of the problem do not fit into floating point."""
    both = (given, dual)
    try:
        with np.errstate(all="ignore"):
            forward, backward = _solve_both(task, both)
    except SingularMatrix:
        raise out_of_scale() from None
    sides = [Side(p, s.x, certified(p, s.x)) for p, s in zip(both, (forward, backward), strict=True)]
    with np.errstate(all="ignore"):
        found = goal_bound(*sides)
    if not np.isfinite(found.estimate + found.bound.value):
        raise out_of_scale()
    residual = max(forward.residual, backward.residual)
    converged = residual <= RESIDUAL_LIMIT
    evidence = Evidence(
        outcome=Outcome.CONVERGED if converged else Outcome.NOT_CONVERGED,
        advice="" if converged else "the system is very ill conditioned: improve flat cells or lower the contrast of k",
        method=f"{given.element.name} Lagrange elements, {forward.method}; primal and dual hypercircle by equilibrated "
        f"Raviart-Thomas fluxes; energy bounds primal {sides[0].certificate.bound.value:.2e}, "
        f"dual {sides[1].certificate.bound.value:.2e}",
        residual=residual,
        error_bound=found.bound,
    )
    return GoalResult(
        functional=np.array([found.centre]),
        estimate=np.array([found.estimate]),
        discrete=np.array([found.discrete]),
        cell_indicator=found.indicators,
        u=forward.x,
        dual=backward.x,
        evidence=evidence,
    )


def _solve_both(task: GoalTask, both: tuple[Problem, Problem]) -> Sequence[Solution]:
    """Of problems that differ in their data alone. Raises `SingularMatrix`."""
    mesh, element, k = both[0].mesh, both[0].element, both[0].conductivity
    held, count = both[0].boundary.dirichlet_points, len(mesh.points(element.degree))
    loads, fixed = [load(given) for given in both], [fixed_values(given, count) for given in both]
    if is_worthwhile(task.divisions, element.degree):
        assert task.divisions is not None
        return square_plan(task.divisions, held).operator(k).solve(loads, fixed)
    return operator(plan(mesh, element, held), k).solve(loads, fixed)
