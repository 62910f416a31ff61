"""Gradients by the adjoint against what they mean, by Taylor's theorem: every datum, open and closed flows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.base import Array
from models.fem.domain.build import mesh_of
from models.fem.flow.problem import flow
from models.fem.flow.steady import SteadyFlowSolver
from models.fem.flow.steady_task import SteadyFlowResult, SteadyFlowTask
from models.fem.flow.stokes import StokesSolver
from models.fem.flow.stokes_task import StokesResult, StokesTask

INLET = "inlet: u = 1.2*y*(0.41 - y)/0.41**2*({scale}), 0; walls: u = 0, 0; cylinder: u = 0, 0"
RNG = np.random.default_rng(11)


def solve(task: SteadyFlowTask) -> SteadyFlowResult:
    (found,) = SteadyFlowSolver("cpu").run([task])
    assert isinstance(found, SteadyFlowResult), found
    return found


def with_cotangents(task: SteadyFlowTask, *, force: bool) -> SteadyFlowTask:
    space = flow(task, mesh_of(task)).space
    return replace(
        task,
        velocity_cotangent=RNG.normal(size=(space.component.N, 2)),
        pressure_cotangent=RNG.normal(size=space.pressure.N),
        force_cotangent=np.array([2.0, -30.0]) if force else None,
        viscosity=np.broadcast_to(task.viscosity, space.mesh.nelements) * RNG.uniform(0.8, 1.2, space.mesh.nelements),
        point_force=RNG.normal(size=(space.component.N, 2)) * 1e-2,
    )


OPEN = with_cotangents(
    SteadyFlowTask(
        shape="channel",
        divisions=np.array([3, 2, 2]),
        viscosity=np.array([4e-3]),
        conditions=INLET.format(scale=1) + "; outlet: traction = -0.01, 0.003",
        body="cylinder",
    ),
    force=True,
)
CLOSED = with_cotangents(
    SteadyFlowTask(
        cell_kind="quadrilateral",
        divisions=np.array([3, 3]),
        viscosity=np.array([0.05]),
        conditions="boundary: u = 0, 0; top: u = 4*x*(1 - x), 0;"
        "left: u = 0.3*sin(pi*y), 0; right: u = 0.3*sin(pi*y), 0",
        body="top",
    ),
    force=True,
)


def functional(task: SteadyFlowTask, result: SteadyFlowResult) -> float:
    assert task.velocity_cotangent is not None and task.pressure_cotangent is not None
    assert task.force_cotangent is not None and result.body_force is not None
    return float(
        np.sum(task.velocity_cotangent * result.velocity)
        + task.pressure_cotangent @ result.pressure
        + task.force_cotangent @ result.body_force
    )


def remainders(task: SteadyFlowTask, moved: Callable[[float], SteadyFlowTask], slope: float) -> Array:
    """|J(h) − J(0) − h J'| for three h, each half of the one before."""
    start = functional(task, solve(task))
    steps = (0.08, 0.04, 0.02)
    return np.array([abs(functional(task, solve(moved(h))) - start - h * slope) for h in steps])


def assert_second_order(rest: Array) -> None:
    np.testing.assert_allclose(rest[:-1] / rest[1:], 4, rtol=0.15)


@pytest.mark.parametrize("task", [OPEN, CLOSED], ids=["open", "closed"])
def test_the_gradient_by_viscosity_leaves_a_remainder_of_second_order(task: SteadyFlowTask) -> None:
    direction = task.viscosity * np.random.default_rng(1).normal(size=len(task.viscosity))
    found = solve(task).viscosity_gradient
    assert found is not None
    assert_second_order(
        remainders(task, lambda h: replace(task, viscosity=task.viscosity + h * direction), float(found @ direction))
    )


@pytest.mark.parametrize("task", [OPEN, CLOSED], ids=["open", "closed"])
def test_the_gradient_by_forces_leaves_a_remainder_of_second_order(task: SteadyFlowTask) -> None:
    assert task.point_force is not None
    given = task.point_force
    found = solve(task).force_gradient
    assert found is not None
    direction = np.random.default_rng(2).normal(size=given.shape)
    slope = float(np.sum(found * direction))
    assert_second_order(remainders(task, lambda h: replace(task, point_force=given + h * direction), slope))


def test_the_gradient_by_boundary_values_gives_that_by_the_scale_of_the_inlet() -> None:
    result = solve(OPEN)
    assert result.boundary_gradient is not None
    slope = float(np.sum(result.boundary_gradient * result.velocity))  # all other prescribed values are 0
    rest = remainders(OPEN, lambda h: replace(OPEN, conditions=OPEN.conditions.replace("*(1)", f"*({1 + h})")), slope)
    assert_second_order(rest)


def test_the_gradient_by_boundary_values_knows_that_a_closed_flow_loses_no_mass() -> None:
    """The right side alone is scaled: what flows in by the left is not balanced any more, but within the tolerance."""
    result = solve(CLOSED)
    assert result.boundary_gradient is not None
    x, y = result.points.T
    bump = 0.01 * np.sin(np.pi * y) * (x == 1)
    slope = float(result.boundary_gradient[:, 0] @ bump)
    said = CLOSED.conditions.removesuffix("0.3*sin(pi*y), 0")
    rest = remainders(CLOSED, lambda h: replace(CLOSED, conditions=f"{said}{0.3 + 0.01 * h!r}*sin(pi*y), 0"), slope)
    assert_second_order(rest)


def test_the_gradient_by_density_leaves_a_remainder_of_second_order() -> None:
    found = solve(OPEN).density_gradient
    assert found is not None
    assert_second_order(remainders(OPEN, lambda h: replace(OPEN, density=1 + h), float(found[0])))


def test_drag_grows_with_the_inlet_in_stokes_flow_as_the_flow_does() -> None:
    """Everything is linear there: the derivative of drag by scale is the drag."""
    task = StokesTask(
        shape="channel",
        divisions=np.array([3, 2, 2]),
        viscosity=np.array([1.0]),
        conditions=INLET.format(scale=1),
        body="cylinder",
        force_cotangent=np.array([1.0, 0.0]),
    )
    (result,) = StokesSolver("cpu").run([task])
    assert isinstance(result, StokesResult)
    assert result.body_force is not None and result.boundary_gradient is not None
    assert np.sum(result.boundary_gradient * result.velocity) == pytest.approx(result.body_force[0])
    assert result.viscosity_gradient is not None
    assert result.viscosity_gradient.sum() == pytest.approx(result.body_force[0])  # and so it is by viscosity
