"""A functional of the solution, and a guaranteed bound on it: the task, its result, and its line in the catalogue.

A mean over cells is a density of 1 / (their area) on them, a mean over boundary edges one of 1 / (their length). Values
at points have no meaning in H¹: send the mean over a small set of cells around the point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.base import ON_DEMAND, Array, Refusal, Result, Spec, tensor
from models.fem.check import check_neumann, check_size
from models.fem.posed import PosedTask


@dataclass(frozen=True, kw_only=True)
class GoalTask(PosedTask):
    """Find J(u) = ∫ w u + ∫ m u over Neumann edges + ∫ ψ k ∂u/∂n over the Dirichlet edges, and bound its error."""

    goal_density: Array | None = tensor(
        "float64", (-1,), "w: one value, or one per point (interpolated)", optional=True
    )
    goal_cell_density: Array | None = tensor(
        "float64", (-1,), "w, added to `goal_density`: one value per cell", optional=True
    )
    goal_edges: Array | None = tensor(
        "int64", ("goal", 2), "boundary edges, none of them Dirichlet, as node pairs", optional=True
    )
    goal_edge_values: Array | None = tensor(
        "float64",
        ("goal", 1),
        "m on each edge: constant, linear (first node, second node), or quadratic (first node, second node, midpoint)",
        optional=True,
        alternatives=(("goal", 2), ("goal", 3)),
    )
    goal_flux_weights: Array | None = tensor(
        "float64", ("dirichlet",), "ψ at the Dirichlet points: weights of the flux k ∂u/∂n", optional=True
    )

    def check(self) -> None:
        cell_count, point_count = self.check_problem()
        given = self.goal_density, self.goal_cell_density, self.goal_edges, self.goal_flux_weights
        if all(array is None for array in given):
            raise Refusal(
                "MISSING_TENSOR",
                "there is no functional; send goal_density, goal_cell_density, goal_edges or goal_flux_weights",
                "goal_density",
                {"tensor": "goal_density"},
            )
        if self.goal_cell_density is not None:
            check_size("goal_cell_density", self.goal_cell_density, (cell_count,), "one value per cell")
        check_neumann(self.goal_edges, self.goal_edge_values, self.node_count, "goal_edges", "goal_edge_values")
        if point_count is not None:
            self.check_goal(point_count)

    def check_goal(self, point_count: int) -> None:
        """Raises `Refusal` WRONG_SIZE: what needs the number of points, which the solver counts."""
        if self.goal_density is not None:
            check_size("goal_density", self.goal_density, (1, point_count), "one value, or one per point")


@dataclass(frozen=True, kw_only=True)
class GoalResult(Result):
    """The guaranteed bound of the evidence is on the distance of J(u) from `functional`."""

    functional: Array = tensor("float64", (1,), "the middle of the interval in which J(u) is guaranteed to be")
    estimate: Array = tensor("float64", (1,), "J(u) by the dual-weighted residual: ESTIMATED, as a rule much nearer")
    discrete: Array = tensor("float64", (1,), "J of the finite element solution")
    cell_indicator: Array = tensor(
        "float64", ("cells",), "each cell's share of the estimated error; sums to estimate − discrete"
    )
    u: Array = tensor("float64", ("points",), "the solution at the points")
    dual: Array = tensor("float64", ("points",), "the dual solution, −ψ at the Dirichlet points")


SPEC = Spec(
    name="fem.diffusion.goal",
    version="1",
    summary="A linear functional of stationary diffusion (a mean, a flux) with a guaranteed bound on its error.",
    task=GoalTask,
    result=GoalResult,
    factory="models.fem.goal:GoalSolver",
    example=lambda: GoalTask(
        divisions=np.array([4, 4]),
        conductivity=np.ones(1),
        source=np.ones(1),
        dirichlet_points=np.arange(5),
        dirichlet_values=np.zeros(5),
        goal_density=np.ones(1),
    ),
    max_batch=16,
    resources=ON_DEMAND,
)
