"""The diffusion model: tasks in, fields with guaranteed error bounds out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from models.base import Array, Evidence, Outcome, Refusal
from models.fem import direct_solvers
from models.fem.adjoint import fixed_values, load
from models.fem.assembly import stiffness
from models.fem.bound import Method
from models.fem.certified import certified
from models.fem.direct import SingularMatrix, Solution
from models.fem.problem import Problem, mesh_of, problem
from models.fem.scale import out_of_scale
from models.fem.sessions import Sessions
from models.fem.structured.stars import best_stars
from models.fem.structured.worthwhile import is_worthwhile
from models.fem.task import DiffusionResult, DiffusionTask

# A backward stable solve leaves about 1e-14. Beyond this the matrix is so ill conditioned that digits of u are in
# doubt.
RESIDUAL_LIMIT = 1e-8

_BOUNDS: Mapping[str, Method] = {"fast": "fast", "sharp": "sharp"}  # else none was asked for


class DiffusionSolver:
    """On the CPU, whatever the device: SuperLU has no GPU version."""

    def __init__(self, device: str, sessions: Sessions | None = None) -> None:
        """`sessions`: those of another model of this process, which then share its plans and operators."""
        self._sessions = Sessions(squares=True) if sessions is None else sessions

    def run(self, tasks: Sequence[DiffusionTask]) -> list[DiffusionResult | Refusal]:
        """One result or refusal for each task, in order."""
        return [self._answer_or_refusal(task) for task in tasks]

    def _answer_or_refusal(self, task: DiffusionTask) -> DiffusionResult | Refusal:
        try:
            task.check()
            return self._in_session(task) if task.session else _alone(task)
        except Refusal as refusal:
            return refusal

    def _in_session(self, task: DiffusionTask) -> DiffusionResult:
        """With the plan and the factorisation that its session has kept, or will keep."""
        plan = self._sessions.plan(task)
        given = problem(task, plan.mesh)

        def solve() -> Solution:
            total = load(given)
            operator = self._sessions.operator(task, plan)
            return operator.solve([total], [fixed_values(given, len(total))])[0]

        return answer(task, given, solve)


def _alone(task: DiffusionTask) -> DiffusionResult:
    given = problem(task, mesh_of(task))
    return answer(task, given, partial(solve_field, given, task.divisions))


def answer(task: DiffusionTask, given: Problem, solve: Callable[[], Solution]) -> DiffusionResult:
    """Raises `Refusal` OUT_OF_RANGE where the numbers of the problem do not fit into floating point."""
    try:
        with np.errstate(all="ignore"):
            solution = solve()
    except SingularMatrix:
        raise out_of_scale() from None
    if not np.isfinite(solution.x).all():
        raise out_of_scale()
    method = _BOUNDS.get(task.error_bound)
    found = certified(given, solution.x, method, best_stars(given, task.divisions)) if method else None
    degree = given.element.degree
    converged = solution.residual <= RESIDUAL_LIMIT
    by = "; error bound by an equilibrated Raviart-Thomas flux" if found else ""
    evidence = Evidence(
        outcome=Outcome.CONVERGED if converged else Outcome.NOT_CONVERGED,
        advice="" if converged else "the system is very ill conditioned: improve flat cells or lower the contrast of k",
        method=f"{given.element.name} Lagrange elements, {solution.method}{by}",
        residual=solution.residual,
        error_bound=found.bound if found else None,
    )
    return DiffusionResult(
        u=solution.x,
        points=given.mesh.points(degree),
        cells=given.mesh.cell_points(degree),
        cell_bound=found.shares if found else None,
        evidence=evidence,
    )


def solve_field(given: Problem, divisions: Array | None = None) -> Solution:
    """u_h (points,) and the residual on the points that are not Dirichlet.

    By multigrid where divisions (2,) say that the mesh is that of `unit_square`, and it is worthwhile; else directly.
    Raises `SingularMatrix`.
    """
    total = load(given)
    u = fixed_values(given, len(total))
    if is_worthwhile(divisions, given.element.degree):
        from models.fem.structured.square import square_plan  # brings Numba, which others who import this do without

        assert divisions is not None
        plan = square_plan(divisions, given.boundary.dirichlet_points)
        return plan.operator(given.conductivity).solve([total], [u])[0]
    matrix = stiffness(given.mesh, given.element, given.conductivity)
    is_free = np.ones(len(u), dtype=bool)
    is_free[given.boundary.dirichlet_points] = False
    free = np.flatnonzero(is_free)
    rows = matrix[free]
    inner = direct_solvers.solve(rows[:, free], total[free] - rows @ u, given.mesh.points(given.element.degree)[free])
    u[free] = inner.x
    return Solution(u, inner.residual, inner.method)
