"""The discrete tangent: how the solution changes along a direction of all that the problem is given.

From u = g at the fixed points and K_ff u_f = b_f − K_fd g at the free ones follows

    K_ff δu_f = (δb − δK u − K δg)_f,    δu_d = δg,    δK = Σ δk_c K_c:

one more right-hand side for the factor that is there. Like the adjoint, whose transpose this is, it differentiates what
is computed: there is no error of discretisation between the two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.base import Array
from models.fem.adjoint import fixed_values, load
from models.fem.problem import problem
from models.fem.sessions import AnyPlan
from models.fem.tangent_task import TangentTask


@dataclass(frozen=True, eq=False)
class Change:
    """The right-hand side of a tangent, for `Operator.solve`."""

    load: Array  # (points,): δb − δK u
    fixed: Array  # (points,): δg where u is given, 0 elsewhere


def change(task: TangentTask, plan: AnyPlan, u: Array) -> Change:
    """For the solution u (points,) of a task whose tangent was checked.

    The load is linear in source, flux and given values, so it is that of their changes, posed as a problem.
    """
    changes = problem(_changes_as_data(task), plan.mesh)
    total = load(changes)
    if task.conductivity_tangent is not None:
        by_cell = np.broadcast_to(task.conductivity_tangent, (len(plan.mesh.cells),))
        total = total - plan.apply(by_cell, u)
    return Change(total, fixed_values(changes, plan.point_count))


def _changes_as_data(task: TangentTask) -> TangentTask:
    return replace(
        task,
        source=task.source_tangent,
        cell_source=task.cell_source_tangent,
        dirichlet_values=_or_zeros(task.dirichlet_tangent, task.dirichlet_values),
        neumann_values=_or_zeros(task.neumann_tangent, task.neumann_values),
    )


def _or_zeros(tangent: Array | None, data: Array | None) -> Array | None:
    return np.zeros_like(data) if tangent is None and data is not None else tangent
