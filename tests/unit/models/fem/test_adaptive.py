from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.base import Array, Outcome, Refusal
from models.fem.adaptive import AdaptiveSolver, smallest_holding
from models.fem.adaptive_task import SPEC, AdaptiveResult, AdaptiveTask
from models.fem.bound import energy_bound
from models.fem.mesh import Triangulation, triangulate, unit_square
from models.fem.problem import problem
from models.fem.solve import solve_field
from tests.unit.models.fem.meshes import ONE, l_shape, task_on
from tests.unit.models.fem.posing import posed_as


def adapted(mesh: Triangulation, degree: int, **more: Any) -> AdaptiveResult:
    [result] = AdaptiveSolver("cpu").run([posed_as(AdaptiveTask, task_on(mesh, degree, source=ONE), **more)])
    assert isinstance(result, AdaptiveResult), result
    return result


def rate(cells: Array, bounds: Array) -> float:
    """Of the latter half of a sequence of meshes."""
    last = len(cells) // 2
    return float(np.polyfit(np.log(cells[last:]), np.log(bounds[last:]), 1)[0])


def test_uniform_meshes_of_an_l_shape_converge_as_its_corner_lets_them() -> None:
    """Singular as r^⅔ at the corner: N^-⅓ in energy, for every degree."""
    sizes, bounds = [], []
    for count in (4, 8, 16, 32):
        mesh = l_shape(count)
        given = problem(task_on(mesh, 2, source=ONE), mesh)
        sizes.append(len(mesh.cells))
        bounds.append(energy_bound(given, solve_field(given).x)[0].value)
    assert rate(np.array(sizes), np.array(bounds)) == pytest.approx(-1 / 3, abs=0.04)


@pytest.mark.parametrize(("degree", "tolerance", "best"), [(1, 0.03, -1 / 2), (2, 0.001, -1.0)])
def test_adapted_meshes_converge_as_for_a_smooth_solution(degree: int, tolerance: float, best: float) -> None:
    result = adapted(l_shape(2), degree, tolerance=tolerance)
    bound = result.evidence.error_bound
    assert result.evidence.outcome is Outcome.CONVERGED
    assert bound is not None and bound.relative <= tolerance
    assert rate(result.step_cells, result.step_bounds) == pytest.approx(best, abs=0.06)
    assert result.cell_bound.sum() == pytest.approx(bound.value**2)
    assert (result.step_cells[-1], result.step_bounds[-1]) == (len(result.cells), bound.value)


def test_the_answer_is_that_of_the_solver_on_its_last_mesh() -> None:
    result = adapted(l_shape(2), 1, tolerance=0.1)
    mesh = l_shape(2)
    on_edge = np.isclose(result.points, 0).any(axis=1) | np.isclose(result.points, 1).any(axis=1)
    assert not result.u[on_edge].any()
    corners = result.points[result.cells]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    areas = (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2
    np.testing.assert_allclose(np.bincount(result.origins, weights=areas), mesh.areas)
    fine = triangulate(result.points, result.cells)
    again = problem(task_on(fine, 1, source=ONE), fine)
    np.testing.assert_allclose(solve_field(again).x, result.u, atol=1e-12)


def test_a_budget_of_cells_ends_it_with_a_bound_that_holds_and_advice() -> None:
    result = adapted(l_shape(2), 1, tolerance=1e-4, max_cells=300)
    assert result.evidence.outcome is Outcome.NOT_CONVERGED
    assert "max_cells" in result.evidence.advice
    assert len(result.cells) <= 300
    assert result.evidence.error_bound is not None


def test_cells_that_are_tiny_in_their_domain_are_not_refined() -> None:
    """Two specks at a distance of 1: halves of their cells would have coordinates with too few digits."""
    speck = unit_square(1, 1)
    nodes = 1e-9 * speck.nodes
    mesh = triangulate(np.vstack((nodes, nodes + np.array([1.0, 0.0]))), np.vstack((speck.cells, speck.cells + 4)))
    [result] = AdaptiveSolver("cpu").run([posed_as(AdaptiveTask, task_on(mesh, 1, source=ONE))])
    assert isinstance(result, AdaptiveResult)
    assert result.evidence.outcome is Outcome.NOT_CONVERGED
    assert "floating point" in result.evidence.advice
    assert len(result.cells) == 4


def test_the_smallest_set_that_holds_a_part_is_chosen() -> None:
    chosen = smallest_holding(np.array([1.0, 5.0, 0.0, 3.0, 1.0]), 0.75)
    np.testing.assert_array_equal(np.flatnonzero(chosen), [1, 3])
    assert smallest_holding(np.ones(4), 0.5).sum() == 2


def test_a_problem_without_data_is_met_at_once() -> None:
    mesh = l_shape(1)
    [result] = AdaptiveSolver("cpu").run([posed_as(AdaptiveTask, task_on(mesh, 1))])
    assert isinstance(result, AdaptiveResult)
    assert result.evidence.outcome is Outcome.CONVERGED
    assert not result.u.any()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tolerance", 0.0),
        ("tolerance", 2.0),
        ("marking", 0.0),
        ("max_cells", 0),
        ("max_cells", 10**9),
        ("max_cells", 5),
    ],
)
def test_settings_out_of_range_are_refused(field: str, value: float) -> None:
    [refusal] = AdaptiveSolver("cpu").run([posed_as(AdaptiveTask, task_on(l_shape(2), 1), **{field: value})])
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == ("OUT_OF_RANGE", field)


def test_numbers_beyond_floating_point_are_refused() -> None:
    for conductivity in (1e-310, 1e300):
        task = posed_as(AdaptiveTask, task_on(l_shape(1), 1, source=ONE, conductivity=conductivity * ONE))
        [refusal] = AdaptiveSolver("cpu").run([task])
        assert isinstance(refusal, Refusal)
        assert refusal.reason == "OUT_OF_RANGE"


def test_the_example_meets_its_tolerance() -> None:
    [result] = SPEC.load("cpu").run([SPEC.example()])
    assert isinstance(result, AdaptiveResult)
    assert result.evidence.outcome is Outcome.CONVERGED
    assert len(result.step_cells) > 1
