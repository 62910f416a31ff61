"""Flow in time: the order of the steps alone, where space is exact; a vortex that decays; and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy import cos, exp, pi, sin

from models.base import Outcome, Refusal
from models.fem.flow.transient import TransientFlowSolver
from models.fem.flow.transient_task import SPEC, TransientFlowResult, TransientFlowTask


def solve(task: TransientFlowTask) -> TransientFlowResult:
    (found,) = TransientFlowSolver("cpu").run([task])
    assert isinstance(found, TransientFlowResult), found
    return found


# u = g (y², x²) and p = 0, which the elements hold exactly; ρ = 2, μ = 0.5, g = 1 + sin(3t). The right side is open.
G = "(1 + sin(3*t))"
EXACT_IN_SPACE = TransientFlowTask(
    divisions=np.array([2, 2]),
    viscosity=np.array([0.5]),
    density=2.0,
    initial="y**2, x**2",
    force=f"2*(3*cos(3*t)*y**2 + 2*x**2*y*{G}**2) - {G}, 2*(3*cos(3*t)*x**2 + 2*y**2*x*{G}**2) - {G}",
    conditions=f"right: traction = 0, {G}*(x + y); left: u = {G}*y**2, {G}*x**2; top: u = {G}*y**2, {G}*x**2;"
    f"bottom: u = {G}*y**2, {G}*x**2",
    body="boundary",
    duration=0.8,
)


@pytest.mark.parametrize("kind", ["triangle", "quadrilateral"])
def test_velocity_pressure_and_force_are_of_second_order_in_time(kind: str) -> None:
    g = 1 + sin(3 * 0.8)
    errors = []
    for steps in (16, 32):
        result = solve(replace(EXACT_IN_SPACE, cell_kind=kind, steps=steps))
        x, y = result.points.T
        assert result.body_force is not None and result.body_force.shape == (steps, 2)
        errors.append(
            [
                np.abs(result.velocity[-1] - g * np.stack((y**2, x**2), axis=1)).max(),
                np.abs(result.pressure[-1]).max(),
                np.abs(result.body_force[-1] + g).max(),  # −∮ σ n = −∫ μ Δu
            ]
        )
    orders = np.log2(np.array(errors)[:-1] / np.array(errors)[1:])
    assert (orders[-1] > 1.8).all(), orders
    assert errors[-1][0] < 4e-3


def test_the_taylor_green_vortex_decays_as_it_should() -> None:
    """Taylor & Green 1937, Proc. R. Soc. A 158, 499; walls that it slips along, without friction."""
    nu = 0.05
    task = TransientFlowTask(
        divisions=np.array([8, 8]),
        cell_kind="quadrilateral",
        viscosity=np.array([nu]),
        initial="sin(pi*x)*cos(pi*y), -cos(pi*x)*sin(pi*y)",
        conditions="left: u.x = 0; right: u.x = 0; bottom: u.y = 0; top: u.y = 0",
        duration=1.0,
        steps=20,
        every=10,
    )
    result = solve(task)
    x, y = result.points.T
    start = np.stack((sin(pi * x) * cos(pi * y), -cos(pi * x) * sin(pi * y)), axis=1)
    np.testing.assert_allclose(result.times, [0.5, 1.0])
    for time, velocity, pressure in zip(result.times, result.velocity, result.pressure, strict=True):
        decay = exp(-2 * pi**2 * nu * time)
        np.testing.assert_allclose(velocity, decay * start, atol=3e-3)
        corner = (cos(2 * pi * x) + cos(2 * pi * y))[: len(pressure)] / 4 * decay**2
        np.testing.assert_allclose(pressure, corner, atol=2e-2)
    np.testing.assert_allclose(result.net_outflow, 0, atol=1e-12)
    assert result.evidence.outcome is Outcome.CONVERGED


def test_without_inertia_to_speak_of_the_flow_follows_its_data_at_once() -> None:
    """At ρ → 0 each moment is Stokes': a channel's parabola grows with the pressure that drives it."""
    task = TransientFlowTask(
        divisions=np.array([2, 2]),
        viscosity=np.array([1.0]),
        density=1e-9,
        stress="gradient",
        conditions="left: traction = 2*t, 0; left: u.y = 0; bottom: u = 0, 0; top: u = 0, 0; right: u.y = 0",
        duration=3.0,
        steps=3,
        every=1,
    )
    result = solve(task)
    y = result.points[:, 1]
    for time, velocity in zip(result.times, result.velocity, strict=True):
        np.testing.assert_allclose(velocity[:, 0], time * y * (1 - y), atol=1e-7)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"density": 0.0}, "NOT_POSITIVE", "density"),
        ({"duration": -1.0}, "NOT_POSITIVE", "duration"),
        ({"steps": 0}, "OUT_OF_RANGE", "steps"),
        ({"steps": 10_001}, "OUT_OF_RANGE", "steps"),
        ({"every": 11}, "OUT_OF_RANGE", "every"),
        ({"steps": 10_000, "divisions": np.array([40, 40])}, "OUT_OF_RANGE", "steps"),
        ({"steps": 3_000, "every": 1, "divisions": np.array([40, 40])}, "OUT_OF_RANGE", "every"),
        ({"initial": "x"}, "MALFORMED_EXPRESSION", "initial"),
        ({"force": "0, 1/(0.3 - t + 0*x)*where(t < 0.2, 1, log(0.3 - t))"}, "NOT_FINITE", "force"),
        ({"divisions": np.array([1, 1]), "conditions": "boundary: u = 0, 0"}, "SINGULAR_PROBLEM", "conditions"),
        ({"initial": "1e300, 1e300", "density": 1e200}, "OUT_OF_RANGE", "viscosity"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(change: dict[str, object], reason: str, field: str) -> None:
    (found,) = TransientFlowSolver("cpu").run([replace(EXACT_IN_SPACE, **change)])  # type: ignore[arg-type]
    assert isinstance(found, Refusal)
    assert (found.reason, found.field) == (reason, field)


def test_fields_are_returned_after_the_steps_that_are_asked_for() -> None:
    result = solve(replace(EXACT_IN_SPACE, steps=5, every=2))
    np.testing.assert_allclose(result.times, [0.32, 0.64, 0.8])
    assert result.velocity.shape == (3, 25, 2) and result.pressure.shape == (3, 9)


def test_the_example_is_answered() -> None:
    (result,) = SPEC.load("cpu").run([SPEC.example()])
    assert isinstance(result, TransientFlowResult)
    assert len(result.times) == 1
