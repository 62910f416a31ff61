"""Gradients of the diffusion model: the task, its result, and its line in the catalogue.

The functional is J(u) = cotangent·u + ½ Σ ((u − measured) / deviation)² + integrals. With a cotangent alone its
gradients are the product of that cotangent with the Jacobian of the solution, which is what a differentiable client
asks for. A tangent asks for the product of the Jacobian with it. Without a functional J and all its gradients are 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Result, Spec, scalar, tensor
from models.fem.check import check_size
from models.fem.domain.functional_task import FunctionalTask
from models.fem.domain.integrals import Vocabulary
from models.fem.tangent_task import TangentTask


@dataclass(frozen=True, kw_only=True)
class GradientTask(TangentTask, FunctionalTask):
    """Differentiate J(u) by all that the problem is given, and u along a tangent."""

    cotangent: Array | None = tensor("float64", ("points",), "derivatives of J by u, one per point", optional=True)
    by_nodes: bool = scalar(
        False, "whether dJ by the nodes of an own mesh is wanted, which carry along all that is given"
    )

    def check(self) -> None:
        cell_count, point_count = self.check_problem()
        self.check_measured()
        self.check_tangent(cell_count)
        functionals = self.cotangent is not None or self.measured_points is not None or self.read_integrals()
        if not (functionals or self.has_tangent):
            raise Refusal(
                "MISSING_TENSOR",
                "there is nothing to differentiate; send a cotangent, measured values, integrals, or a tangent",
                "cotangent",
                {"tensor": "cotangent"},
            )
        if self.by_nodes and self.nodes is None:
            message = "is of a mesh with nodes of its own; send the square as nodes and cells"
            raise Refusal("NOT_DIFFERENTIABLE", message, "by_nodes", {"known": "nodes"})
        if point_count is not None:
            self.check_functional(point_count)
            self.check_tangent_points(point_count)

    @property
    def dimension(self) -> int:
        return 2

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(("u",), ("conductivity",))

    def check_functional(self, point_count: int) -> None:
        """Raises `Refusal` WRONG_SIZE or OUT_OF_RANGE: what needs the number of points, which the solver counts."""
        self.check_measured_points(point_count)
        if self.cotangent is not None:
            check_size("cotangent", self.cotangent, (point_count,), "one per point")


@dataclass(frozen=True, kw_only=True)
class GradientResult(Result):
    """Where the task has one value for all cells or points, the derivative by it is the sum over them."""

    functional: Array = tensor("float64", (1,), "J(u)")
    u: Array = tensor("float64", ("points",), "the solution at the points")
    adjoint: Array = tensor("float64", ("points",), "dJ by the load: the adjoint solution, 0 where u is given")
    conductivity_gradient: Array = tensor("float64", ("cells",), "dJ by the conductivity of each cell")
    source_gradient: Array = tensor("float64", ("points",), "dJ by the source at each point")
    cell_source_gradient: Array = tensor("float64", ("cells",), "dJ by the cell source of each cell")
    dirichlet_gradient: Array = tensor("float64", ("dirichlet",), "dJ by each given value of u")
    neumann_gradient: Array = tensor(
        "float64",
        ("neumann", 1),
        "dJ by each of the given fluxes, in the shape in which they were sent",
        alternatives=(("neumann", 2), ("neumann", 3)),
    )
    node_gradient: Array | None = tensor(
        "float64", ("nodes", 2), "dJ by the place of each node, where it was asked for", optional=True
    )
    u_tangent: Array | None = tensor(
        "float64", ("points",), "the derivative of u along the tangent; absent without one", optional=True
    )


SPEC = Spec(
    name="fem.diffusion.gradient",
    version="1",
    summary="Gradients of stationary diffusion by conductivity, source and boundary data, and tangents along them.",
    task=GradientTask,
    result=GradientResult,
    factory="models.fem.gradient:GradientSolver",
    example=lambda: GradientTask(
        divisions=np.array([32, 32]),  # as large as takes multigrid, so that a replica compiles it before it serves
        conductivity=np.ones(1),
        source=np.ones(1),
        dirichlet_points=np.arange(33),
        dirichlet_values=np.zeros(33),
        cotangent=np.ones(33 * 33),
    ),
    max_batch=64,
    resources=ON_DEMAND,
)
