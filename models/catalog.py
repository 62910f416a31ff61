"""Every model that this system can serve: one line each. Everything else iterates this."""

from __future__ import annotations

from models import identity
from models.base import Spec
from models.fem import gradient_task, inverse_task
from models.fem import task as fem
from models.fem.elasticity import task as elasticity
from models.fem.heat import task as heat
from models.fem.helmholtz import task as helmholtz
from models.fem.modes import task as modes
from models.fem.transport import task as transport
from models.surrogate import task as surrogate

CATALOG: dict[str, Spec] = {
    spec.name: spec
    for spec in (
        elasticity.SPEC,
        fem.SPEC,
        gradient_task.SPEC,
        inverse_task.SPEC,
        transport.SPEC,
        heat.SPEC,
        helmholtz.SPEC,
        identity.SPEC,
        modes.SPEC,
        surrogate.SPEC,
    )
}
