"""Every model that this system can serve: one line each. Everything else iterates this."""

from __future__ import annotations

from models import identity
from models.base import Spec
from models.fem import adaptive_task, certify_task, goal_task, gradient_task, inverse_task
from models.fem import task as fem
from models.fem.bricks import task as bricks
from models.fem.elasticity import task as elasticity
from models.fem.export import task as export
from models.fem.flow import steady_task, stokes_task, transient_task
from models.fem.form import task as form
from models.fem.heat import task as heat
from models.fem.helmholtz import task as helmholtz
from models.fem.hyperelasticity import task as hyperelasticity
from models.fem.meshing import file_task as mesh_file
from models.fem.meshing import task as mesh
from models.fem.modes import task as modes
from models.fem.nonlinear_diffusion import task as nonlinear_diffusion
from models.fem.optimize import identify_task, topology_task
from models.fem.transport import task as transport
from models.operators.acquisition import task as acquire
from models.operators.evaluation import calibrate_task, metrics_task
from models.operators.learning import task as learn
from models.operators.predict import task as predict
from models.operators.private import task as private
from models.operators.training import task as train
from models.surrogate import task as surrogate

CATALOG: dict[str, Spec] = {
    spec.name: spec
    for spec in (
        acquire.SPEC,
        bricks.SPEC,
        elasticity.SPEC,
        export.SPEC,
        fem.SPEC,
        form.SPEC,
        adaptive_task.SPEC,
        calibrate_task.SPEC,
        certify_task.SPEC,
        goal_task.SPEC,
        gradient_task.SPEC,
        hyperelasticity.SPEC,
        inverse_task.SPEC,
        mesh.SPEC,
        mesh_file.SPEC,
        transport.SPEC,
        heat.SPEC,
        identify_task.SPEC,
        topology_task.SPEC,
        nonlinear_diffusion.SPEC,
        steady_task.SPEC,
        stokes_task.SPEC,
        transient_task.SPEC,
        helmholtz.SPEC,
        identity.SPEC,
        learn.SPEC,
        metrics_task.SPEC,
        modes.SPEC,
        predict.SPEC,
        private.SPEC,
        surrogate.SPEC,
        train.SPEC,
    )
}
