"""The problems: one row each, that is how a model of the catalogue gets its place in SolveRequest.

A new problem is a message in the proto, whose fields bear the names of the task's, a field of `SolveRequest.problem`
and a row here. What a mesh and the element give is not in the message: see `meshes` and `posed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from faraday.v1 import finite_element_pb2 as pb
from models import schema
from models.base import Spec
from models.fem import adaptive_task, certify_task, goal_task, gradient_task, inverse_task
from models.fem import task as diffusion
from models.fem.bricks import task as bricks
from models.fem.elasticity import task as elasticity
from models.fem.export import task as export_task
from models.fem.flow import steady_task, stokes_task, transient_task
from models.fem.form import task as form
from models.fem.heat import task as heat
from models.fem.helmholtz import task as helmholtz
from models.fem.hyperelasticity import task as hyperelasticity
from models.fem.meshing import file_task
from models.fem.meshing import task as mesh_task
from models.fem.modes import task as modes
from models.fem.nonlinear_diffusion import task as nonlinear_diffusion
from models.fem.optimize import identify_task, topology_task
from models.fem.transport import task as transport
from router.codec.layout import Layout, layout_of


@dataclass(frozen=True)
class Problem:
    """A field of `SolveRequest.problem`, and the model that solves it."""

    name: str
    spec: Spec
    solution: str  # the result's name for what an answer calls `solution`; empty where nothing is that

    @cached_property
    def layout(self) -> Layout:
        return layout_of(pb.SolveRequest, self.name, own=("error_bound", "session", "integrals", "derivatives"))


@dataclass(frozen=True)
class Derivative:
    """A field of `DifferentiateRequest.problem`, and the model that differentiates it."""

    name: str
    spec: Spec
    solution: str  # the result's name for what an answer calls `solution`
    gradients: Mapping[str, str]  # the result's name for the derivative by each of the problem's data
    tangent: str = ""  # the field of `DifferentiateRequest.direction`; empty where the model knows none

    @cached_property
    def layout(self) -> Layout:
        """Of DifferentiateRequest."""
        tangent = (self.tangent,) if self.tangent else ()
        return layout_of(pb.DifferentiateRequest, self.name, "functional", *tangent, own=("session", "by_nodes"))


@dataclass(frozen=True)
class Evaluation:
    """A field of `EvaluateFunctionalRequest.problem`, and the model that knows its functionals."""

    name: str
    spec: Spec

    @cached_property
    def layout(self) -> Layout:
        return layout_of(pb.EvaluateFunctionalRequest, self.name, "functional", own=("session",))


@dataclass(frozen=True)
class Estimate:
    """A field of `EstimateErrorRequest.problem`, and the model that bounds the error of a field."""

    name: str
    spec: Spec

    @cached_property
    def layout(self) -> Layout:
        return layout_of(pb.EstimateErrorRequest, self.name, own=("field", "bound"))


@dataclass(frozen=True)
class Making:
    """A field of `CreateMeshRequest.source`, and the model that makes a mesh of it."""

    name: str
    spec: Spec

    @cached_property
    def layout(self) -> Layout:
        """Without the mesh that it may begin with: see `making`."""
        fields = layout_of(pb.CreateMeshRequest, self.name).parts[self.name]
        return Layout({self.name: tuple(field for field in fields if field != "mesh")})


PROBLEMS = {
    row.name: row
    for row in (
        Problem("diffusion", diffusion.SPEC, "u"),
        Problem("diffusion_adaptive", adaptive_task.SPEC, "u"),
        Problem("diffusion_goal", goal_task.SPEC, "u"),
        Problem("diffusion_identify", identify_task.SPEC, "u"),
        Problem("diffusion_inverse", inverse_task.SPEC, "u"),
        Problem("elasticity", elasticity.SPEC, "displacement"),
        Problem("elasticity_bricks", bricks.SPEC, "displacement"),
        Problem("elasticity_topology", topology_task.SPEC, "displacement"),
        Problem("form", form.SPEC, "u"),
        Problem("heat", heat.SPEC, "u"),
        Problem("helmholtz", helmholtz.SPEC, "u"),
        Problem("hyperelasticity", hyperelasticity.SPEC, "displacement"),
        Problem("modes", modes.SPEC, "modes"),
        Problem("navier_stokes", steady_task.SPEC, "velocity"),
        Problem("navier_stokes_transient", transient_task.SPEC, "velocity"),
        Problem("nonlinear_diffusion", nonlinear_diffusion.SPEC, "u"),
        Problem("stokes", stokes_task.SPEC, "velocity"),
        Problem("transport", transport.SPEC, "u"),
    )
}


def _own(name: str) -> Derivative:
    """Of a problem that Solve's model itself differentiates: its results bear the names of the data and `_gradient`."""
    row = PROBLEMS[name]
    gradients = [each for each in schema.tensors(row.spec.result) if each.endswith("_gradient")]
    return Derivative(name, row.spec, row.solution, {each.removesuffix("_gradient"): each for each in gradients})


DERIVATIVES = {
    row.name: row
    for row in (
        Derivative(
            "diffusion",
            gradient_task.SPEC,
            "u",
            {
                "conductivity": "conductivity_gradient",
                "source": "source_gradient",
                "cell_source": "cell_source_gradient",
                "dirichlet_values": "dirichlet_gradient",
                "neumann_values": "neumann_gradient",
                "nodes": "node_gradient",
            },
            "diffusion_tangent",
        ),
        _own("form"),
        _own("heat"),
        _own("helmholtz"),
        _own("hyperelasticity"),
        _own("modes"),
        _own("navier_stokes"),
        _own("nonlinear_diffusion"),
        _own("stokes"),
        _own("transport"),
    )
}

EVALUATIONS = {
    **{row.name: Evaluation(row.name, row.spec) for row in DERIVATIVES.values()},
    **{
        name: Evaluation(name, PROBLEMS[name].spec)
        for name in ("elasticity", "elasticity_bricks", "navier_stokes_transient")
    },
}

ESTIMATES = {row.name: row for row in (Estimate("diffusion", certify_task.SPEC),)}

MAKINGS = {row.name: row for row in (Making("file", file_task.SPEC), Making("refined", mesh_task.SPEC))}

# Models that pose no problem, and the method that asks them.
ELSEWHERE = {export_task.SPEC.name: "Export", **{row.spec.name: "CreateMesh" for row in MAKINGS.values()}}
