"""Plans and operators that outlive a call, for those who name the same session.

The key of a plan is the session and the mesh as it was sent, with the points where u is given; that of an operator adds
the conductivity. A call without a session shares nothing with anyone, not even in its batch: how fast an answer came
would tell a stranger that somebody else had just used the same mesh. See models/fem/DESIGN.md.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from models.fem.element import ELEMENTS
from models.fem.operator import Operator
from models.fem.plan import Plan, plan
from models.fem.problem import mesh_of
from models.fem.retained import Retained, digest
from models.fem.session_task import SessionTask
from models.fem.structured.worthwhile import is_worthwhile

if TYPE_CHECKING:  # it brings Numba, which the inverse problem does without
    from models.fem.structured.square import SquareOperator, SquarePlan

# Of each kind on each replica: about twenty operators of P1 on 128 × 128 squares.
BUDGET_BYTES = 512 * 2**20


# A structured square has its own plan, whose operators solve by multigrid.
AnyPlan: TypeAlias = "Plan | SquarePlan"
AnyOperator: TypeAlias = "Operator | SquareOperator"


class Sessions:
    """With `squares`, tasks on structured squares where that is worthwhile have plans for multigrid."""

    def __init__(self, budget_bytes: int = BUDGET_BYTES, *, squares: bool = False) -> None:
        self._plans: Retained[AnyPlan] = Retained(budget_bytes, lambda plan: plan.size_bytes)
        self._operators: Retained[AnyOperator] = Retained(budget_bytes, lambda operator: operator.size_bytes)
        self._make = _best_plan if squares else _plan
        self.factorisations = 0  # operators that were made, for sessions and for others

    def plan(self, task: SessionTask) -> AnyPlan:
        """Raises `Refusal` MESH_DEGENERATE or OUT_OF_RANGE."""
        return self._plans.get(_plan_key(task), lambda: self._make(task)) if task.session else self._make(task)

    def operator(self, task: SessionTask, plan: AnyPlan) -> AnyOperator:
        """Of the task's plan, once its problem was found to make sense. Raises `SingularMatrix`."""

        def make() -> AnyOperator:
            self.factorisations += 1
            return plan.operator(task.conductivity)

        return self._operators.get(operator_key(task), make) if task.session else make()


def operator_key(task: SessionTask) -> bytes:
    return digest("operator", _plan_key(task).hex(), task.conductivity)


def _plan_key(task: SessionTask) -> bytes:
    assert task.dirichlet_points is not None
    mesh = task.divisions, task.nodes, task.cells
    return digest("plan", task.session, str(task.degree), *mesh, task.dirichlet_points)


def _best_plan(task: SessionTask) -> AnyPlan:
    if not is_worthwhile(task.divisions, task.degree):
        return _plan(task)
    from models.fem.structured.square import square_plan

    assert task.divisions is not None and task.dirichlet_points is not None
    return square_plan(task.divisions, task.dirichlet_points)  # whose points the task could count itself


def _plan(task: SessionTask) -> AnyPlan:
    assert task.dirichlet_points is not None
    mesh = mesh_of(task)
    task.check_points(len(mesh.points(task.degree)))
    # A copy of the nodes: what is kept must not keep a caller's whole message alive.
    return plan(replace(mesh, nodes=mesh.nodes.copy()), ELEMENTS[task.degree], task.dirichlet_points)
