"""Known conductivities are recovered; the minimum and the derivatives are compared with methods by differences."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy.optimize import least_squares

from models.base import Array, Outcome, Refusal
from models.fem.element import ELEMENTS
from models.fem.inverse import InverseSolver, steps
from models.fem.inverse_task import SPEC, InverseResult, InverseTask
from models.fem.log_conductivity import precision
from models.fem.mesh import Triangulation, triangulate, unit_square
from models.fem.objective import Objective, objective
from models.fem.plan import plan
from models.fem.solve import DiffusionSolver
from models.fem.task import DiffusionResult, DiffusionTask
from tests.unit.models.fem.meshes import MESHES, ONE, boundary_points, task_on
from tests.unit.models.fem.posing import posed_as

SQUARE = unit_square(8, 8)
QUARTERS = (2 * SQUARE.nodes[SQUARE.cells].mean(axis=1)).astype(int) @ [1, 2]  # four patches of the unit square
TRUE = np.array([1.0, 5.0, 0.5, 2.0])


def heated(mesh: Triangulation, degree: int) -> DiffusionTask:
    """A source, u = 0 on the left, no flux elsewhere."""
    left = boundary_points(mesh, degree, lambda x, y: x == 0)
    return task_on(mesh, degree, source=ONE, dirichlet_points=left)


def measured(truth: Array, degree: int = 1, deviation: float = 1e-3, noise: float = 0.0, **more: Any) -> InverseTask:
    """Every third free point of the square measured, with errors of `noise` standard deviations, on a prior of 1."""
    task = heated(SQUARE, degree)
    assert task.dirichlet_points is not None
    [result] = DiffusionSolver("cpu").run([dataclasses.replace(task, conductivity=truth)])
    assert isinstance(result, DiffusionResult)
    points = np.setdiff1d(np.arange(len(result.u)), task.dirichlet_points)[::3]
    errors = noise * deviation * np.random.default_rng(0).standard_normal(len(points))
    return posed_as(
        InverseTask,
        task,
        measured_points=points,
        measured_values=result.u[points] + errors,
        measured_deviations=np.array([deviation]),
        **more,
    )


def found(task: InverseTask) -> InverseResult:
    [result] = InverseSolver("cpu").run([task])
    assert isinstance(result, InverseResult), result
    return result


def posed(task: InverseTask) -> Objective:
    assert task.dirichlet_points is not None
    return objective(task, plan(SQUARE, ELEMENTS[task.degree], task.dirichlet_points))


@pytest.mark.parametrize("degree", (1, 2))
def test_patches_are_recovered_from_exact_values(degree: int) -> None:
    """The penalty pulls by about the square of the deviations, which are far below the differences."""
    task = measured(TRUE[QUARTERS], degree, deviation=1e-5, patches=QUARTERS, roughness=0.0)
    result = found(task)
    assert result.evidence.outcome is Outcome.CONVERGED
    np.testing.assert_allclose(result.conductivity, TRUE[QUARTERS], rtol=1e-4)


def test_the_prior_is_kept_within_a_patch() -> None:
    prior = np.linspace(1, 2, len(SQUARE.cells))
    task = measured(prior * TRUE[QUARTERS], deviation=1e-5, patches=QUARTERS, roughness=0.0, conductivity=prior)
    np.testing.assert_allclose(found(task).conductivity, prior * TRUE[QUARTERS], rtol=1e-4)


def test_noise_leaves_a_discrepancy_of_one_and_the_evidence_says_so() -> None:
    """68 values with unit errors, four unknowns: the root mean square is 1 within three of its deviations of 0.09."""
    result = found(measured(TRUE[QUARTERS], noise=1.0, patches=QUARTERS, roughness=0.0))
    discrepancy = float(np.sqrt(np.mean(result.residuals**2)))
    assert discrepancy == pytest.approx(1.0, abs=0.27)
    assert f"discrepancy {discrepancy:.3g} " in result.evidence.method
    assert "magnitude 1 and roughness 0" in result.evidence.method
    np.testing.assert_allclose(result.conductivity, TRUE[QUARTERS], rtol=0.1)


def test_a_field_of_all_cells_is_nearer_to_the_truth_than_its_prior() -> None:
    x, y = SQUARE.nodes[SQUARE.cells].mean(axis=1).T
    truth = np.sin(3 * x) * np.cos(2 * y)
    result = found(measured(np.exp(truth), noise=1.0))
    assert result.evidence.outcome is Outcome.CONVERGED
    assert np.linalg.norm(np.log(result.conductivity) - truth) < 0.3 * np.linalg.norm(truth)


def test_the_minimum_is_that_of_least_squares_by_differences() -> None:
    """Least squares with a Jacobian by differences knows nothing of the adjoint."""
    task = measured(TRUE[QUARTERS], noise=1.0, patches=QUARTERS, tolerance=1e-10)
    goal = posed(task)

    def residuals(z: Array) -> Array:
        return np.concatenate((goal.at(z).residuals, z))

    peer = least_squares(residuals, np.zeros(4), xtol=1e-12, ftol=1e-14, gtol=1e-12)
    result = found(task)
    np.testing.assert_allclose(np.log(result.conductivity), goal.unknown.exponents(peer.x)[QUARTERS], atol=1e-5)
    assert result.objective[-1] == pytest.approx(peer.cost, rel=1e-9)


@pytest.mark.parametrize("degree", (1, 2))
def test_the_gradient_of_the_objective_is_that_of_central_differences(degree: int) -> None:
    goal = posed(measured(TRUE[QUARTERS], degree, noise=1.0, patches=QUARTERS))
    z = np.array([0.3, -0.2, 0.5, 0.1])
    steps = 1e-5 * np.eye(4)
    slopes = [(goal.at(z + step).value - goal.at(z - step).value) / 2e-5 for step in steps]
    gradient = goal.at(z).gradient
    np.testing.assert_allclose(slopes, gradient, rtol=1e-7, atol=1e-8 * abs(gradient).max())


def test_the_curvature_is_that_of_the_residuals_by_differences() -> None:
    goal = posed(measured(TRUE[QUARTERS], noise=1.0, patches=QUARTERS))
    z = np.array([0.3, -0.2, 0.5, 0.1])
    steps = 1e-5 * np.eye(4)
    slopes = np.stack([(goal.at(z + step).residuals - goal.at(z - step).residuals) / 2e-5 for step in steps], axis=1)
    curvature = np.stack([goal.curvature(goal.at(z), direction) for direction in np.eye(4)])
    np.testing.assert_allclose(curvature, slopes.T @ slopes + np.eye(4), rtol=1e-7, atol=1e-8 * abs(curvature).max())
    np.testing.assert_allclose(curvature, curvature.T, rtol=1e-12, atol=1e-12 * abs(curvature).max())


@pytest.mark.parametrize("noise", (0.0, 1.0))
@pytest.mark.parametrize("deviation", (1e-2, 1e-3, 3e-4))  # below, rounding decides whether a search gets stuck
def test_a_search_that_goes_on_gains_about_the_tolerance_at_most(deviation: float, noise: float) -> None:
    task = measured(np.exp(np.sin(np.arange(len(SQUARE.cells)))), noise=noise, deviation=deviation)
    result = found(task)
    further = found(dataclasses.replace(task, tolerance=1e-9, steps=200))
    assert result.evidence.outcome is further.evidence.outcome is Outcome.CONVERGED
    gained = result.objective[-1] - further.objective[-1]
    assert -1e-9 <= gained <= task.tolerance * max(1.0, result.objective[-1])


def test_the_objective_never_rises() -> None:
    result = found(measured(TRUE[QUARTERS], noise=1.0))
    assert (np.diff(result.objective) <= 0).all()


def test_a_search_that_is_cut_short_says_so_and_tells_its_best() -> None:
    result = found(measured(TRUE[QUARTERS], steps=3))
    assert result.evidence.outcome is Outcome.NOT_CONVERGED
    assert "more steps" in result.evidence.advice
    assert len(result.objective) == 4
    assert result.objective[-1] < result.objective[0]


def test_a_search_without_products_left_tells_its_best() -> None:
    task = measured(TRUE[QUARTERS])
    with pytest.raises(StopIteration) as returned:
        next(steps(task, posed(task), None, products_per_step=0))
    result = returned.value.value
    assert result.evidence.outcome is Outcome.NOT_CONVERGED
    assert len(result.objective) == 1
    np.testing.assert_array_equal(result.conductivity, 1.0)


def test_no_factor_leaves_its_limit_and_the_evidence_counts_those_at_it() -> None:
    result = found(measured(TRUE[QUARTERS], deviation=1e-5, patches=QUARTERS, roughness=0.0, largest_factor=3.0))
    assert result.conductivity.max() == pytest.approx(3.0, rel=0.01)
    assert result.conductivity.max() <= 3.0
    assert result.conductivity.min() >= 1 / 3
    assert "0 of 4 factors" not in result.evidence.method


def test_patches_may_have_any_numbers() -> None:
    task = measured(TRUE[QUARTERS], deviation=1e-5, patches=QUARTERS)
    sparse = dataclasses.replace(task, patches=7 + 20 * QUARTERS)
    np.testing.assert_array_equal(found(task).conductivity, found(sparse).conductivity)


def test_measurements_that_the_prior_explains_leave_it_as_it_is() -> None:
    result = found(measured(np.ones(len(SQUARE.cells)), patches=QUARTERS))
    assert result.evidence.outcome is Outcome.CONVERGED
    np.testing.assert_allclose(result.conductivity, 1.0, rtol=1e-9)


def test_a_larger_penalty_keeps_nearer_to_the_prior() -> None:
    task = measured(TRUE[QUARTERS], noise=1.0)
    spread = [
        np.linalg.norm(np.log(found(dataclasses.replace(task, magnitude=w, roughness=w)).conductivity))
        for w in (1.0, 1e2, 1e4)
    ]
    assert spread[0] > spread[1] > spread[2]


@pytest.mark.parametrize("mesh", MESHES.values(), ids=MESHES)
def test_the_penalty_is_quadratic_with_no_roughness_of_constants(mesh: Triangulation) -> None:
    patches = np.arange(len(mesh.cells)) // 2
    rough = precision(mesh, patches, 0.0, 2.0).toarray()
    ones = np.ones(len(rough))
    np.testing.assert_allclose(rough @ ones, 0, atol=1e-12 * max(1.0, abs(rough).max()))
    np.testing.assert_array_equal(rough, rough.T)
    assert np.linalg.eigvalsh(rough).min() > -1e-12 * max(1.0, abs(rough).max())
    assert ones @ (precision(mesh, patches, 3.0, 2.0) @ ones) == pytest.approx(3.0)


def test_the_roughness_of_a_plane_is_its_squared_slope_on_equilateral_triangles() -> None:
    """There the middles of neighbours are across their edge, so that finite volumes are exact, but for the boundary."""
    ratios = []
    for count in (20, 40):
        x, y = np.meshgrid(np.arange(count + 1), np.arange(count + 1))
        nodes = np.column_stack(((x - y / 2).ravel(), (y * 3**0.5 / 2).ravel())) / count
        mesh = triangulate(nodes, unit_square(count, count).cells)
        assert np.ptp(mesh.edge_lengths) < 1e-12
        m = mesh.nodes[mesh.cells].mean(axis=1) @ [0.6, 0.8]
        rough = precision(mesh, np.arange(len(mesh.cells)), 0.0, 1.0)
        ratios.append(float(m @ (rough @ m)) / mesh.areas.sum())
    assert abs(1 - ratios[1]) < 0.6 * abs(1 - ratios[0]) < 0.1


def test_a_bad_task_does_not_spoil_its_batch() -> None:
    good = SPEC.example()
    assert isinstance(good, InverseTask)
    bad = dataclasses.replace(good, measured_values=np.array([1e200, 0.0]))
    first, second, third = InverseSolver("cpu").run([good, bad, good])
    assert isinstance(second, Refusal)
    assert (second.reason, second.field) == ("OUT_OF_RANGE", "conductivity")
    assert isinstance(first, InverseResult)
    assert isinstance(third, InverseResult)
    np.testing.assert_array_equal(first.conductivity, third.conductivity)
