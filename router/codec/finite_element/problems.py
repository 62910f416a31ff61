"""The problems: one row each, that is how a model of the catalogue gets its place in SolveRequest.

A new problem is a message in the proto, whose fields bear the names of the task's, a field of `SolveRequest.problem`
and a row here. What a mesh and the element give is not in the message: see `meshes` and `posed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from faraday.v1 import finite_element_pb2 as pb
from models.base import Spec
from models.fem import adaptive_task, certify_task, goal_task, gradient_task, inverse_task
from models.fem import task as diffusion
from models.fem.elasticity import task as elasticity
from router.codec.finite_element.layout import Layout, layout_of


@dataclass(frozen=True)
class Problem:
    """A field of `SolveRequest.problem`, and the model that solves it."""

    name: str
    spec: Spec
    solution: str  # the result's name for what an answer calls `solution`; empty where nothing is that

    @cached_property
    def layout(self) -> Layout:
        return layout_of(pb.SolveRequest, self.name)


@dataclass(frozen=True)
class Derivative:
    """A field of `DifferentiateRequest.problem`, and the model that differentiates it."""

    name: str
    spec: Spec
    tangent: str  # the field of `DifferentiateRequest.direction`
    gradients: Mapping[str, str]  # the result's name for the derivative by each of the problem's data

    @cached_property
    def layout(self) -> Layout:
        """Of DifferentiateRequest."""
        return layout_of(pb.DifferentiateRequest, self.name, "functional", self.tangent, own=("session",))

    @cached_property
    def evaluation(self) -> Layout:
        """Of EvaluateFunctionalRequest, which has the same fields but for the tangent."""
        return layout_of(pb.EvaluateFunctionalRequest, self.name, "functional", own=("session",))


@dataclass(frozen=True)
class Estimate:
    """A field of `EstimateErrorRequest.problem`, and the model that bounds the error of a field."""

    name: str
    spec: Spec

    @cached_property
    def layout(self) -> Layout:
        return layout_of(pb.EstimateErrorRequest, self.name, own=("field", "bound"))


PROBLEMS = {
    row.name: row
    for row in (
        Problem("diffusion", diffusion.SPEC, "u"),
        Problem("diffusion_adaptive", adaptive_task.SPEC, "u"),
        Problem("diffusion_goal", goal_task.SPEC, "u"),
        Problem("diffusion_inverse", inverse_task.SPEC, "u"),
        Problem("elasticity", elasticity.SPEC, "displacement"),
    )
}

DERIVATIVES = {
    row.name: row
    for row in (
        Derivative(
            "diffusion",
            gradient_task.SPEC,
            "diffusion_tangent",
            {
                "conductivity": "conductivity_gradient",
                "source": "source_gradient",
                "cell_source": "cell_source_gradient",
                "dirichlet_values": "dirichlet_gradient",
                "neumann_values": "neumann_gradient",
            },
        ),
    )
}

ESTIMATES = {row.name: row for row in (Estimate("diffusion", certify_task.SPEC),)}
