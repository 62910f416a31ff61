from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.base import Array, Outcome, Refusal
from models.fem.flow.stokes import StokesSolver
from models.fem.flow.stokes_task import SPEC, StokesResult, StokesTask
from tests.unit.models.fem.flow.manufactured import (
    PLANE_FORCE,
    SPACE_FORCE,
    SPACE_VELOCITY,
    errors,
    plane,
    space,
)

ONE = np.array([1.0])
PLANE, SPACE = ("triangle", "quadrilateral"), ("tetrahedron", "hexahedron")


def solve(task: StokesTask) -> StokesResult:
    (found,) = StokesSolver("cpu").run([task])
    assert isinstance(found, StokesResult), found
    return found


def refused(task: StokesTask) -> Refusal:
    (found,) = StokesSolver("cpu").run([task])
    assert isinstance(found, Refusal), found
    return found


def closed(kind: str, count: int) -> StokesTask:
    if kind in PLANE:
        return StokesTask(
            divisions=np.full(2, count),
            cell_kind=kind,
            viscosity=ONE,
            force=PLANE_FORCE,
            conditions="boundary: u = 0, 0",
        )
    return StokesTask(
        shape="cube",
        divisions=np.full(3, count),
        cell_kind=kind,
        viscosity=ONE,
        force=SPACE_FORCE,
        conditions=f"boundary: u = {SPACE_VELOCITY}",
    )


@pytest.mark.parametrize(
    ("kind", "counts"), [*((kind, (8, 16)) for kind in PLANE), *((kind, (2, 4)) for kind in SPACE)], ids=str
)
def test_errors_fall_with_the_third_power_in_u_and_the_second_in_p(kind: str, counts: tuple[int, int]) -> None:
    exact = plane if kind in PLANE else space
    tasks = [closed(kind, count) for count in counts]
    results = [solve(task) for task in tasks]
    coarse, fine = (errors(task, result, exact) for task, result in zip(tasks, results, strict=True))
    orders = np.log2(coarse / fine)
    assert orders[0] > 2.8
    assert orders[1] > 1.8
    for result in results:
        assert result.evidence.outcome is Outcome.CONVERGED
        assert result.evidence.residual is not None and result.evidence.residual < 1e-10
        assert abs(result.net_outflow[0]) < 1e-12
        assert result.cell_outflow.sum() == pytest.approx(result.net_outflow[0], abs=1e-12)


def poiseuille(kind: str, **more: object) -> StokesTask:
    if kind in PLANE:
        conditions = "left: u = y*(1 - y), 0; bottom: u = 0, 0; top: u = 0, 0"
        where = {"divisions": np.array([3, 2]), "lengths": np.array([2.0, 1.0])}
    else:
        conditions = "boundary: u = z*(1 - z), 0, 0; right: traction = 0, 0, 0"
        where = {"shape": "cube", "divisions": np.array([2, 2, 2]), "lengths": np.array([2.0, 1.0, 1.0])}
    given = {"cell_kind": kind, "viscosity": np.array([0.5]), "stress": "gradient", "conditions": conditions}
    return StokesTask(**(where | given | more))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", PLANE)
def test_a_parabolic_profile_leaves_through_an_open_outlet_exactly(kind: str) -> None:
    result = solve(poiseuille(kind))
    x, y = result.points.T
    np.testing.assert_allclose(result.velocity, np.stack((y * (1 - y), 0 * y), axis=1), atol=1e-12)
    np.testing.assert_allclose(result.pressure, (2 - x)[: len(result.pressure)], atol=1e-11)  # 2 μ (length − x)


@pytest.mark.parametrize("kind", PLANE)
def test_with_the_symmetric_stress_the_outlet_needs_the_traction_of_the_profile(kind: str) -> None:
    said = "left: u = y*(1 - y), 0; bottom: u = 0, 0; top: u = 0, 0; right: traction = -3, 0.5*(1 - 2*y)"
    result = solve(poiseuille(kind, stress="symmetric", conditions=said))
    x, y = result.points.T
    np.testing.assert_allclose(result.velocity, np.stack((y * (1 - y), 0 * y), axis=1), atol=1e-12)
    np.testing.assert_allclose(result.pressure, (5 - x)[: len(result.pressure)], atol=1e-11)


def test_a_traction_may_be_given_for_one_component_and_slip_in_the_other() -> None:
    """Uniform shear between a wall and a plate that is pulled: u = t y / μ."""
    said = "bottom: u = 0, 0; boundary: u.y = 0; top: traction.x = 3; left: traction.x = 0; right: traction.x = 0"
    periodic = replace(
        poiseuille("triangle"), stress="symmetric", conditions=said + "; left: u.x = 6*y; right: u.x = 6*y"
    )
    result = solve(periodic)
    np.testing.assert_allclose(result.velocity[:, 0], 6 * result.points[:, 1], atol=1e-12)
    np.testing.assert_allclose(result.pressure, 0, atol=1e-11)


def test_fluid_at_rest_weighs_on_its_boundary_what_it_weighs() -> None:
    """The consistent force is exact in equilibrium: all of the boundary together carries all of the weight."""
    result = solve(
        StokesTask(
            divisions=np.array([3, 4]),
            lengths=np.array([2.0, 1.5]),
            viscosity=ONE,
            force="0, -2",
            conditions="boundary: u = 0, 0",
            body="boundary",
        )
    )
    np.testing.assert_allclose(result.velocity, 0, atol=1e-13)
    np.testing.assert_allclose(result.pressure, -2 * (result.points[: len(result.pressure), 1] - 0.75), atol=1e-12)
    assert result.body_force is not None
    np.testing.assert_allclose(result.body_force, [0, -6], atol=1e-12)


def test_the_same_force_sent_at_points_moves_the_same_fluid() -> None:
    by_formula = solve(replace(closed("quadrilateral", 3), force="y*y, x*y"))
    x, y = by_formula.points.T
    at_points = solve(
        replace(
            closed("quadrilateral", 3), force="", point_force=np.ascontiguousarray(np.stack((y * y, x * y), axis=1))
        )
    )
    np.testing.assert_allclose(at_points.velocity, by_formula.velocity, atol=1e-13)


def test_viscosity_may_differ_between_cells() -> None:
    """Two layers in shear: the traction t is one, and each shears by t / μ."""
    task = replace(
        poiseuille("quadrilateral"),
        stress="symmetric",
        conditions="bottom: u = 0, 0; top: u = 1.5, 0; left: u.y = 0; right: u.y = 0;"
        "left: u.x = where(y < 0.5, 2*y, 0.5 + y); right: u.x = where(y < 0.5, 2*y, 0.5 + y)",
    )
    below = solve(task).points[solve(task).cells].mean(axis=1)[:, 1] < 0.5
    result = solve(replace(task, viscosity=np.where(below, 1.0, 2.0)))
    y = result.points[:, 1]
    np.testing.assert_allclose(result.velocity[:, 0], np.where(y < 0.5, 2 * y, 0.5 + y), atol=1e-12)
    np.testing.assert_allclose(result.pressure, 0, atol=1e-11)


def test_the_example_is_answered() -> None:
    task = SPEC.example()
    task.check()
    (result,) = SPEC.load("cpu").run([task])
    assert isinstance(result, StokesResult)
    assert result.viscosity_gradient is None and result.body_force is None


OWN_PARTS = {
    "shape": "own",
    "divisions": None,
    "nodes": np.array([[0.0, 0], [1, 0], [0, 1], [2, 1], [1, 2], [2, 2]]),
    "cells": np.array([[0, 1, 2], [3, 4, 5]]),
}


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"viscosity": np.array([0.0])}, "NOT_POSITIVE", "viscosity[0]"),
        ({"viscosity": np.ones(3)}, "WRONG_SIZE", "viscosity"),
        ({"viscosity": np.arange(1.0, 33.0), "stress": "gradient"}, "UNKNOWN_CHOICE", "stress"),
        ({"divisions": np.array([500, 500])}, "OUT_OF_RANGE", "divisions"),
        ({"conditions": ""}, "SINGULAR_PROBLEM", "conditions"),
        ({"conditions": "boundary: u.x = 0"}, "SINGULAR_PROBLEM", "conditions"),
        ({"conditions": "lid: u = 0, 0"}, "UNKNOWN_BOUNDARY", "conditions[0]"),
        ({"conditions": "boundary: u = 0, 0; lid: traction = 0, 0"}, "UNKNOWN_BOUNDARY", "conditions[1]"),
        ({"conditions": "boundary: p = 0"}, "MALFORMED_CONDITION", "conditions[0]"),
        ({"conditions": "boundary: u = 0, t"}, "MALFORMED_EXPRESSION", "conditions[0]"),
        ({"conditions": "boundary: u = 1/x, 0"}, "NOT_FINITE", "conditions[0]"),
        ({"conditions": "boundary: u = x, 0"}, "INCOMPATIBLE", "conditions"),
        ({"force": "1"}, "MALFORMED_EXPRESSION", "force"),
        ({"force": "1, exp(1000*x)"}, "NOT_FINITE", "force"),
        ({"point_force": np.ones((3, 2))}, "WRONG_SIZE", "point_force"),
        ({"body": "lid"}, "UNKNOWN_BOUNDARY", "body"),
        ({"force_cotangent": np.ones(2)}, "MISSING_TENSOR", "body"),
        ({"velocity_cotangent": np.ones((3, 2))}, "WRONG_SIZE", "velocity_cotangent"),
        ({"pressure_cotangent": np.ones(3)}, "WRONG_SIZE", "pressure_cotangent"),
        ({"body": "top", "force_cotangent": np.ones(3)}, "WRONG_SIZE", "force_cotangent"),
        (OWN_PARTS, "SINGULAR_PROBLEM", "cells"),
        ({"divisions": np.array([1, 1])}, "SINGULAR_PROBLEM", "conditions"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(change: dict[str, Array], reason: str, field: str) -> None:
    found = refused(replace(closed("triangle", 4), **change))  # type: ignore[arg-type]
    assert (found.reason, found.field) == (reason, field)


@pytest.mark.parametrize("kind", SPACE)
def test_a_single_cube_has_too_few_velocities_for_its_pressures_and_is_refused(kind: str) -> None:
    assert refused(closed(kind, 1)).reason == "SINGULAR_PROBLEM"


def test_one_bad_task_does_not_spoil_its_batch() -> None:
    good = closed("triangle", 2)
    first, second = StokesSolver("cpu").run([replace(good, force="?"), good])
    assert isinstance(first, Refusal) and isinstance(second, StokesResult)
