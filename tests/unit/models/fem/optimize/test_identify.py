"""Blocks are found, bounds hold, and what is said to be left to gain is not less than what is."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from models.base import Array, Outcome, Refusal
from models.fem.element import ELEMENTS
from models.fem.mesh import unit_square
from models.fem.optimize.identification import Identification, identification
from models.fem.optimize.identify import IdentifySolver
from models.fem.optimize.identify_task import SPEC, IdentifyResult, IdentifyTask
from models.fem.plan import plan
from models.fem.solve import DiffusionSolver
from models.fem.task import DiffusionResult
from tests.unit.models.fem.meshes import ONE, boundary_points, task_on
from tests.unit.models.fem.posing import posed_as

SQUARE = unit_square(10, 10)
X, Y = SQUARE.nodes[SQUARE.cells].mean(axis=1).T
BLOCK = np.where((abs(X - 0.5) < 0.2) & (abs(Y - 0.4) < 0.2), 3.0, 1.0)
QUARTERS = (2 * SQUARE.nodes[SQUARE.cells].mean(axis=1)).astype(int) @ [1, 2]


def measured(truth: Array, degree: int = 1, deviation: float = 1e-3, noise: float = 0.0, **more: Any) -> IdentifyTask:
    """All free points of the square measured, with errors of `noise` standard deviations, on a prior of 1."""
    left = boundary_points(SQUARE, degree, lambda x, y: x == 0)
    task = task_on(SQUARE, degree, source=ONE, dirichlet_points=left, dirichlet_values=np.zeros(len(left)))
    [result] = DiffusionSolver("cpu").run([dataclasses.replace(task, conductivity=truth)])
    assert isinstance(result, DiffusionResult)
    points = np.setdiff1d(np.arange(len(result.u)), left)
    errors = noise * deviation * np.random.default_rng(0).standard_normal(len(points))
    fields: dict[str, Any] = {
        "lowest_conductivity": np.array([0.2]),
        "highest_conductivity": np.array([10.0]),
        "measured_points": points,
        "measured_values": result.u[points] + errors,
        "measured_deviations": np.array([deviation]),
    }
    return posed_as(IdentifyTask, task, **{**fields, **more})


def found(task: IdentifyTask) -> IdentifyResult:
    [result] = IdentifySolver("cpu").run([task])
    assert isinstance(result, IdentifyResult), result
    return result


def posed(task: IdentifyTask) -> Identification:
    task.check()
    assert task.dirichlet_points is not None
    return identification(task, plan(SQUARE, ELEMENTS[task.degree], task.dirichlet_points))


@pytest.mark.parametrize("degree", (1, 2))
def test_patches_are_recovered_from_exact_values(degree: int) -> None:
    truth = np.array([1.0, 5.0, 0.5, 2.0])[QUARTERS]
    result = found(measured(truth, degree, deviation=1e-4, patches=7 * QUARTERS, variation=0.1))
    assert result.evidence.outcome is Outcome.CONVERGED
    np.testing.assert_allclose(result.conductivity, truth, rtol=1e-3)


def test_total_variation_finds_a_block_that_a_smooth_prior_blurs() -> None:
    """Each with the weight that leaves residuals the size of the noise (Morozov's principle of discrepancy)."""
    errors = {}
    for name, weights in (("variation", {"variation": 300.0}), ("roughness", {"variation": 0.0, "roughness": 30.0})):
        result = found(measured(BLOCK, noise=1.0, **weights))
        assert np.sqrt(np.mean(result.residuals**2)) == pytest.approx(1.0, abs=0.1)
        errors[name] = np.sqrt(np.mean(np.log(result.conductivity / BLOCK) ** 2))
    assert errors["variation"] < 0.5 * errors["roughness"]


def test_bounds_hold_and_where_they_do_the_objective_would_fall_beyond_them() -> None:
    task = measured(BLOCK, noise=1.0, lowest_conductivity=np.array([0.9]), highest_conductivity=np.array([2.0]))
    result = found(task)
    assert result.conductivity.min() >= 0.9 * (1 - 1e-12)
    assert result.conductivity.max() <= 2.0 * (1 + 1e-12)
    assert 10 <= np.count_nonzero(result.at_bound) < len(BLOCK)
    goal = posed(task)
    m = np.log(result.conductivity)
    gradient = goal.at(m * np.sqrt(goal.shares)).gradient
    high = result.at_bound & (result.conductivity > 1.5)
    assert np.count_nonzero(high) >= 10
    assert np.mean(gradient[high] < 0) > 0.9


@pytest.mark.parametrize("deviation", (1e-2, 1e-3))
def test_the_minimum_is_scipys_and_what_is_left_to_gain_is_not_more_than_was_said(deviation: float) -> None:
    task = measured(BLOCK, deviation=deviation, noise=1.0, highest_conductivity=np.array([2.5]))
    result = found(task)
    assert result.evidence.outcome is Outcome.CONVERGED
    goal = posed(task)

    def objective(x: Array) -> tuple[float, Array]:
        here = goal.at(x)
        return here.value, here.gradient

    x = np.log(result.conductivity) * np.sqrt(goal.shares)
    bounds = list(zip(goal.bounds.lower, goal.bounds.upper, strict=True))
    peer = minimize(objective, x, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 40, "ftol": 1e-13})
    here = goal.at(x)
    assert here.value == pytest.approx(result.objective[-1], rel=1e-9)
    assert -1e-9 <= here.value - peer.fun <= goal.gap(x, here.gradient) <= 1e-2 * max(1.0, here.value) * (1 + 1e-6)


def test_the_objective_never_rises() -> None:
    assert (np.diff(found(measured(BLOCK, noise=1.0, variation=30.0)).objective) <= 0).all()


@pytest.mark.parametrize("degree", (1, 2))
def test_the_gradient_and_the_curvature_are_those_of_differences(degree: int) -> None:
    goal = posed(measured(BLOCK, degree, noise=1.0, roughness=0.3, patches=QUARTERS))
    x = np.array([0.3, -0.2, 0.5, 0.1])
    here = goal.at(x)
    steps = 1e-5 * np.eye(4)
    slopes = [(goal.at(x + step).value - goal.at(x - step).value) / 2e-5 for step in steps]
    np.testing.assert_allclose(slopes, here.gradient, rtol=1e-6)
    tangents = np.stack([(goal.at(x + step).residuals - goal.at(x - step).residuals) / 2e-5 for step in steps])
    curvature = np.stack([goal.curvature(here, direction) for direction in np.eye(4)])
    expected = tangents @ tangents.T + goal.penalty(here).toarray()
    np.testing.assert_allclose(curvature, expected, rtol=1e-6, atol=1e-8 * abs(curvature).max())


def test_a_search_that_is_cut_short_says_so() -> None:
    result = found(measured(BLOCK, steps=2))
    assert result.evidence.outcome is Outcome.NOT_CONVERGED
    assert "more steps" in result.evidence.advice
    assert len(result.objective) == 2


def test_noise_leaves_a_discrepancy_of_one_where_unknowns_are_few() -> None:
    """110 values with unit errors, four unknowns: the root mean square is 1 within three of its deviations of 0.067."""
    result = found(measured(np.array([1.0, 5.0, 0.5, 2.0])[QUARTERS], noise=1.0, patches=QUARTERS, variation=0.1))
    discrepancy = float(np.sqrt(np.mean(result.residuals**2)))
    assert discrepancy == pytest.approx(1.0, abs=0.2)
    assert f"discrepancy {discrepancy:.3g} " in result.evidence.method


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"lowest_conductivity": np.array([0.0])}, "NOT_POSITIVE", "lowest_conductivity[0]"),
        ({"highest_conductivity": np.array([0.1])}, "OUT_OF_RANGE", "highest_conductivity[0]"),
        ({"highest_conductivity": np.ones(3)}, "WRONG_SIZE", "highest_conductivity"),
        ({"variation": -1.0}, "OUT_OF_RANGE", "variation"),
        ({"rounding": 0.0}, "OUT_OF_RANGE", "rounding"),
        ({"steps": 1001}, "OUT_OF_RANGE", "steps"),
        ({"measured_deviations": None}, "MISSING_TENSOR", "measured_deviations"),
        (
            {"measured_points": None, "measured_values": None, "measured_deviations": None},
            "MISSING_TENSOR",
            "measured_points",
        ),
        ({"measured_values": np.full(110, 1e200)}, "OUT_OF_RANGE", "conductivity"),
        (
            {
                "patches": np.zeros(200, dtype=np.int64),
                "lowest_conductivity": np.linspace(0.1, 2, 200),
                "highest_conductivity": np.linspace(0.2, 3, 200),
            },
            "OUT_OF_RANGE",
            "highest_conductivity",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], reason: str, field: str) -> None:
    [refusal] = IdentifySolver("cpu").run([measured(BLOCK, **fields)])
    assert isinstance(refusal, Refusal), refusal
    assert (refusal.reason, refusal.field) == (reason, field)


def test_the_example_is_checked() -> None:
    SPEC.example().check()
