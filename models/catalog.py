"""Every model that this system can serve: one line each. Everything else iterates this."""

from __future__ import annotations

from models import identity
from models.base import Spec
from models.fem import adaptive_task, certify_task, goal_task, gradient_task, inverse_task
from models.fem import task as fem
from models.fem.elasticity import task as elasticity
from models.surrogate import task as surrogate

CATALOG: dict[str, Spec] = {
    spec.name: spec
    for spec in (
        elasticity.SPEC,
        fem.SPEC,
        adaptive_task.SPEC,
        certify_task.SPEC,
        goal_task.SPEC,
        gradient_task.SPEC,
        inverse_task.SPEC,
        identity.SPEC,
        surrogate.SPEC,
    )
}
