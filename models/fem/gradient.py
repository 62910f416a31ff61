"""The gradient model: one operator, a forward and an adjoint solve, and a tangent for each task of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.base import Array, Evidence, Outcome, Refusal
from models.fem.adjoint import Gradient, fixed_values, flux_gradient, load
from models.fem.direct import SingularMatrix, Solution
from models.fem.edge_values import as_quadratic_transposed, runs_backwards
from models.fem.gradient_task import GradientResult, GradientTask
from models.fem.measured import measurements
from models.fem.node_gradient import node_gradient
from models.fem.problem import Problem, problem
from models.fem.scale import out_of_scale
from models.fem.sessions import AnyOperator, AnyPlan, Sessions, operator_key
from models.fem.solve import RESIDUAL_LIMIT
from models.fem.tangent import change

Answer = GradientResult | Refusal


class GradientSolver:
    """On the CPU, whatever the device."""

    def __init__(self, device: str, sessions: Sessions | None = None) -> None:
        """`sessions`: those of another model of this process, which then share its plans and operators."""
        self._sessions = Sessions(squares=True) if sessions is None else sessions

    def run(self, tasks: Sequence[GradientTask]) -> list[Answer]:
        """One result or refusal for each task, in order. Tasks of a session with equal operators are solved as one."""
        answers: dict[int, Answer] = {}
        together: dict[bytes, list[int]] = {}
        for number, task in enumerate(tasks):
            try:
                task.check()
            except Refusal as refusal:
                answers[number] = refusal
            else:
                key = operator_key(task) if task.session else b"task %d" % number
                together.setdefault(key, []).append(number)
        for numbers in together.values():
            found = self._answer_all([tasks[number] for number in numbers])
            answers.update(zip(numbers, found, strict=True))
        return [answers[number] for number in range(len(tasks))]

    def _answer_all(self, tasks: Sequence[GradientTask]) -> list[Answer]:
        """Of tasks with the same operator. What one of them is refused for may not be wrong with the others."""
        try:
            plan = self._sessions.plan(tasks[0])
        except Refusal as refusal:
            return [refusal for _ in tasks]
        posed = [_posed(task, plan) for task in tasks]
        accepted = [(task, given) for task, given in zip(tasks, posed, strict=True) if isinstance(given, Problem)]
        if not accepted:
            return [given for given in posed if isinstance(given, Refusal)]
        with np.errstate(all="ignore"):  # what leaves the range is refused
            solved = iter(self._solve_all(accepted, plan))
        return [given if isinstance(given, Refusal) else next(solved) for given in posed]

    def _solve_all(self, posed: Sequence[tuple[GradientTask, Problem]], plan: AnyPlan) -> list[Answer]:
        try:
            operator = self._sessions.operator(posed[0][0], plan)
        except SingularMatrix:
            return [out_of_scale() for _ in posed]
        return differentiate(operator, posed)


def differentiate(operator: AnyOperator, posed: Sequence[tuple[GradientTask, Problem]]) -> list[Answer]:
    """The answers of tasks with this operator."""
    count = operator.plan.point_count
    forward = operator.solve([load(given) for _, given in posed], [fixed_values(given, count) for _, given in posed])
    asked = [_asked(task, given, solution.x) for (task, given), solution in zip(posed, forward, strict=True)]
    slopes = [np.zeros(count) if isinstance(each, Refusal) else each.slope for each in asked]
    changes = [
        change(task, operator.plan, solution.x)
        for (task, _), solution in zip(posed, forward, strict=True)
        if task.has_tangent
    ]
    nothing = np.zeros(count)
    solved = operator.solve(
        [*slopes, *(each.load for each in changes)], [*(nothing for _ in posed), *(each.fixed for each in changes)]
    )
    adjoint, changed = solved[: len(posed)], iter(solved[len(posed) :])
    tangents = [next(changed) if task.has_tangent else None for task, _ in posed]
    return [
        each if isinstance(each, Refusal) else _answer(task, given, operator.plan, solution, each, dual, tangent)
        for (task, given), solution, each, dual, tangent in zip(posed, forward, asked, adjoint, tangents, strict=True)
    ]


def _posed(task: GradientTask, plan: AnyPlan) -> Problem | Refusal:
    try:
        task.check_functional(plan.point_count)
        task.check_tangent_points(plan.point_count)
        return problem(task, plan.mesh)
    except Refusal as refusal:
        return refusal


@dataclass(frozen=True, eq=False)
class _Asked:
    """J at a solution."""

    value: float
    slope: Array  # (points,): ∂J/∂u
    by_conductivity: Array | float = 0.0  # (cells,): ∂J/∂k of integrals that speak of it
    by_nodes: Array | float = 0.0  # (nodes, 2): ∂J by the nodes of integrals, where that is wanted


def _asked(task: GradientTask, given: Problem, u: Array) -> _Asked | Refusal:
    """What one task's integrals are refused for is not wrong with the others."""
    measured = measurements(task)
    value, slope = measured.misfit(u), measured.misfit_gradient(u)
    if task.cotangent is not None:
        value, slope = value + float(task.cotangent @ u), slope + task.cotangent
    integrals = task.read_integrals()
    if not integrals:
        return _Asked(value, slope)
    from models.fem.domain.functional import Component, functional  # and scikit-fem
    from models.fem.domain.moved import by_nodes
    from models.fem.domain.simplices import simplex_mesh

    mesh = simplex_mesh(given.mesh, is_box=task.divisions is not None)
    components, coefficients = [Component("u", task.degree, u)], {"conductivity": given.conductivity}
    try:
        found = functional(integrals, mesh, components, coefficients)
        moved = by_nodes(integrals, mesh, components, coefficients) if task.by_nodes else 0.0
    except Refusal as refusal:
        return refusal
    return _Asked(value + found.value, slope + found.slopes["u"], found.by_coefficient["conductivity"], moved)


def _answer(
    task: GradientTask,
    given: Problem,
    plan: AnyPlan,
    forward: Solution,
    asked: _Asked,
    adjoint: Solution,
    tangent: Solution | None,
) -> Answer:
    u, dual = forward.x, adjoint.x
    found = Gradient(given, plan, u, asked.slope, dual)
    result = GradientResult(
        functional=np.array([asked.value]),
        u=u,
        adjoint=dual,
        conductivity_gradient=found.conductivity + asked.by_conductivity,
        source_gradient=np.bincount(plan.cell_points.ravel(), weights=found.source.ravel()),
        cell_source_gradient=found.source.sum(axis=1),
        dirichlet_gradient=found.dirichlet,
        neumann_gradient=_neumann_gradient(task, given, dual),
        node_gradient=node_gradient(given, u, dual) + asked.by_nodes if task.by_nodes else None,
        u_tangent=None if tangent is None else tangent.x,
        evidence=_evidence(given, forward, adjoint, tangent),
    )
    return result if _is_finite(result) else out_of_scale()


def _neumann_gradient(task: GradientTask, given: Problem, adjoint: Array) -> Array:
    if task.neumann_edges is None or task.neumann_values is None:
        return np.zeros((0, 1))
    by_flux = flux_gradient(given, given.mesh.find_edges(task.neumann_edges), adjoint)
    return as_quadratic_transposed(by_flux, runs_backwards(task.neumann_edges), task.neumann_values.shape[1])


def _evidence(given: Problem, forward: Solution, adjoint: Solution, tangent: Solution | None) -> Evidence:
    solves = {"forward": forward, "adjoint": adjoint, **({} if tangent is None else {"tangent": tangent})}
    residual = max(solution.residual for solution in solves.values())
    converged = residual <= RESIDUAL_LIMIT
    told = ", ".join(f"{name} {solution.residual:.1e}" for name, solution in solves.items())
    return Evidence(
        outcome=Outcome.CONVERGED if converged else Outcome.NOT_CONVERGED,
        advice="" if converged else "the system is very ill conditioned: improve flat cells or lower the contrast of k",
        method=f"{given.element.name} Lagrange elements, {forward.method}; exact discrete adjoint, same operator, "
        f"{adjoint.method}; residual {told}",
        residual=residual,
    )


def _is_finite(result: GradientResult) -> bool:
    """Whether every number of the answer is: u and λ enter all gradients, whose products may still overflow."""
    optional = (array for array in (result.u_tangent, result.node_gradient) if array is not None)
    return all(
        np.isfinite(array).all()
        for array in (
            *(result.functional, result.u, result.adjoint, result.conductivity_gradient, result.source_gradient),
            *(result.cell_source_gradient, result.dirichlet_gradient, result.neumann_gradient),
            *optional,
        )
    )
