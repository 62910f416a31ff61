"""Every model that this system can serve: one line each. Everything else iterates this."""

from __future__ import annotations

from models import identity
from models.base import Spec
from models.fem import gradient_task, inverse_task
from models.fem import task as fem
from models.fem.elasticity import task as elasticity
from models.fem.flow import steady_task, stokes_task, transient_task
from models.fem.hyperelasticity import task as hyperelasticity
from models.fem.nonlinear_diffusion import task as nonlinear_diffusion
from models.surrogate import task as surrogate

CATALOG: dict[str, Spec] = {
    spec.name: spec
    for spec in (
        elasticity.SPEC,
        fem.SPEC,
        gradient_task.SPEC,
        hyperelasticity.SPEC,
        inverse_task.SPEC,
        nonlinear_diffusion.SPEC,
        steady_task.SPEC,
        stokes_task.SPEC,
        transient_task.SPEC,
        identity.SPEC,
        surrogate.SPEC,
    )
}
