from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from models.base import Array, BoundKind, Refusal
from models.fem.bisection import bisect, longest_edges_first
from models.fem.bound import certificate
from models.fem.goal import GoalSolver, dual_problem
from models.fem.goal_bound import GoalBound, Side, goal_bound
from models.fem.goal_task import SPEC, GoalResult, GoalTask
from models.fem.mesh import Triangulation, unit_square
from models.fem.problem import Problem, problem
from models.fem.solve import solve_field
from models.fem.task import DiffusionTask
from tests.unit.models.fem.meshes import MESHES, ONE, boundary_edges, boundary_points, distorted, l_shape, task_on
from tests.unit.models.fem.posing import posed_as, with_all_data

both_degrees = pytest.mark.parametrize("degree", (1, 2))


def answered(task: DiffusionTask, **goal: Any) -> GoalResult:
    [result] = GoalSolver("cpu").run([posed_as(GoalTask, task, **goal)])
    assert isinstance(result, GoalResult), result
    return result


def radius(result: GoalResult) -> float:
    assert result.evidence.error_bound is not None
    assert result.evidence.error_bound.kind is BoundKind.GUARANTEED
    return result.evidence.error_bound.value


def product_of_parabolas(count: int) -> DiffusionTask:
    """u = x(1 − x)y(1 − y), whose source is in P2."""
    mesh = unit_square(count, count)
    x, y = mesh.points(2).T
    return task_on(mesh, 2, source=2 * x * (1 - x) + 2 * y * (1 - y))


def lower_side(mesh: Triangulation, points: Array) -> Array:
    """y-independent weights x(1 − x) on the lower side, 0 on the others: continuous, and in P2."""
    x, y = mesh.points(2)[points].T
    return np.where(y == 0, x * (1 - x), 0.0)


def test_a_mean_over_the_domain_is_enclosed_and_its_estimate_is_much_nearer() -> None:
    """∫ u = 1/36; the interval shrinks nearly as h⁴, twice the order of P2 in energy: z is rough at the corners."""
    radii, misses = [], []
    for count in (4, 8, 16):
        result = answered(product_of_parabolas(count), goal_density=ONE)
        assert abs(result.functional[0] - 1 / 36) <= radius(result)
        radii.append(radius(result))
        misses.append(abs(result.estimate[0] - 1 / 36) / radii[-1])
    assert (np.log2(radii[:-1]) - np.log2(radii[1:]) > 3.7).all()
    assert max(misses) < 0.05


def test_a_weighted_flux_through_the_boundary_is_enclosed() -> None:
    """∫ x(1 − x) ∂u/∂n over the lower side, where ∂u/∂n = −x(1 − x): −1/30."""
    for count in (4, 8):
        task = product_of_parabolas(count)
        assert task.dirichlet_points is not None
        weights = lower_side(unit_square(count, count), task.dirichlet_points)
        result = answered(task, goal_flux_weights=weights)
        assert abs(result.functional[0] + 1 / 30) <= radius(result) < 1e-4
        np.testing.assert_array_equal(result.dual[task.dirichlet_points], -weights)


@both_degrees
def test_the_flux_through_the_whole_boundary_is_the_source(degree: int) -> None:
    mesh = MESHES["distorted L"]
    task = task_on(mesh, degree, source=ONE)
    assert task.dirichlet_points is not None
    result = answered(task, goal_flux_weights=np.ones(len(task.dirichlet_points)))
    assert result.functional[0] == pytest.approx(-mesh.areas.sum(), rel=1e-12)
    assert radius(result) < 1e-10


def test_a_mean_over_boundary_edges_is_enclosed() -> None:
    """Between plates u = y (2 − y) / 2 with no flux above: 1/2 there."""
    mesh = unit_square(6, 6)
    task = task_on(mesh, 1, source=ONE, dirichlet_points=boundary_points(mesh, 1, lambda x, y: y == 0))
    above = boundary_edges(mesh, lambda x, y: y == 1)
    for values in (np.ones((6, 1)), np.ones((6, 2)), np.ones((6, 3))):
        result = answered(task, goal_edges=above[:, ::-1], goal_edge_values=values)
        assert abs(result.functional[0] - 0.5) <= radius(result) < 0.01


def random_task(name: str, degree: int, seed: int) -> GoalTask:
    """Every kind of functional at once, of a problem that has data of every kind."""
    mesh, rng = MESHES[name], np.random.default_rng(seed)
    task = with_all_data(mesh, degree, 1 + seed % 3)
    edges = boundary_edges(mesh, lambda x, y: x > 0.6)
    assert task.dirichlet_points is not None
    return posed_as(
        GoalTask,
        task,
        goal_density=rng.standard_normal(len(mesh.points(degree))),
        goal_cell_density=rng.standard_normal(len(mesh.cells)),
        goal_edges=edges,
        goal_edge_values=rng.standard_normal((len(edges), 1 + seed % 3)),
        goal_flux_weights=rng.standard_normal(len(task.dirichlet_points)),
    )


def enclosed(primal: Problem, dual: Problem) -> GoalBound:
    u, z = solve_field(primal).x, solve_field(dual).x
    return goal_bound(Side(primal, u, certificate(primal, u)), Side(dual, z, certificate(dual, z)))


@settings(deadline=None, max_examples=15)
@forall(name=st.sampled_from(("square", "distorted square")), degree=st.sampled_from((1, 2)), seed=st.integers(0, 99))
def test_intervals_of_finer_meshes_meet_those_of_coarser_ones(name: str, degree: int, seed: int) -> None:
    """Bisection changes no data: all hold the one value of the functional."""
    mesh = MESHES[name]
    task = random_task(name, degree, seed)
    primal = problem(task, mesh)
    sides = [longest_edges_first(given) for given in (primal, dual_problem(task, primal))]
    coarse = enclosed(*sides)
    for _ in range(5):
        everywhere = np.ones(len(sides[0].mesh.cells), dtype=bool)
        sides = [bisect(given, everywhere).problem for given in sides]
    fine = enclosed(*sides)
    assert fine.bound.value < 0.7 * coarse.bound.value
    assert abs(fine.centre - coarse.centre) <= fine.bound.value + coarse.bound.value


@both_degrees
def test_a_field_that_solves_nothing_gives_an_interval_that_holds(degree: int) -> None:
    mesh = distorted(l_shape(3), seed=1)
    task = posed_as(GoalTask, task_on(mesh, degree, source=ONE), goal_density=ONE)
    primal = problem(task, mesh)
    dual = dual_problem(task, primal)
    best = enclosed(primal, dual)
    rng, fields = np.random.default_rng(2), []
    for given in (primal, dual):
        noise = 0.01 * rng.standard_normal(len(mesh.points(degree)))
        noise[given.boundary.dirichlet_points] = 0
        fields.append(solve_field(given).x + noise)
    rough = goal_bound(*(Side(p, v, certificate(p, v)) for p, v in zip((primal, dual), fields, strict=True)))
    assert abs(best.centre - rough.centre) <= best.bound.value + rough.bound.value
    assert rough.bound.value > best.bound.value


@both_degrees
def test_indicators_add_up_to_the_estimated_error_and_point_at_the_corner(degree: int) -> None:
    mesh = l_shape(6)
    result = answered(task_on(mesh, degree, source=ONE), goal_density=ONE)
    assert result.cell_indicator.sum() == pytest.approx(result.estimate[0] - result.discrete[0])
    assert result.functional[0] == pytest.approx((result.estimate[0] + result.discrete[0]) / 2)
    worst = mesh.nodes[mesh.cells[np.argmax(abs(result.cell_indicator))]].mean(axis=0)
    assert np.linalg.norm(worst - 0.5) < 0.15


def changed(**fields: Any) -> GoalTask:
    mesh = unit_square(2, 2)
    points = np.array([0, 1, 2])
    given = {"goal_density": ONE, **fields}
    return posed_as(GoalTask, task_on(mesh, 1, dirichlet_points=points), **given)


@pytest.mark.parametrize(
    ("task", "reason", "field"),
    [
        (changed(goal_density=None), "MISSING_TENSOR", "goal_density"),
        (changed(goal_density=np.ones(4)), "WRONG_SIZE", "goal_density"),
        (
            changed(goal_density=np.ones(9), degree=2, dirichlet_points=np.array([0, 1, 9])),
            "WRONG_SIZE",
            "goal_density",
        ),
        (changed(goal_cell_density=np.ones(3)), "WRONG_SIZE", "goal_cell_density"),
        (changed(goal_edges=np.array([[6, 7]])), "MISSING_TENSOR", "goal_edge_values"),
        (changed(goal_edges=np.array([[6, 9]]), goal_edge_values=np.ones((1, 1))), "OUT_OF_RANGE", "goal_edges[0, 1]"),
        (changed(goal_edges=np.array([[0, 1]]), goal_edge_values=np.ones((1, 1))), "NOT_BOUNDARY", "goal_edges[0]"),
        (changed(goal_edges=np.array([[0, 8]]), goal_edge_values=np.ones((1, 1))), "NOT_BOUNDARY", "goal_edges[0]"),
        (changed(conductivity=np.array([1e-310]), source=ONE), "OUT_OF_RANGE", "conductivity"),
        (changed(goal_density=np.array([1e300])), "OUT_OF_RANGE", "conductivity"),
    ],
)
def test_what_makes_no_sense_is_refused(task: GoalTask, reason: str, field: str) -> None:
    [refusal] = GoalSolver("cpu").run([task])
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == (reason, field)


def test_the_example_is_enclosed() -> None:
    """∫ y (2 − y) / 2 = 1/3."""
    [result] = SPEC.load("cpu").run([SPEC.example()])
    assert isinstance(result, GoalResult)
    assert abs(result.functional[0] - 1 / 3) <= radius(result)
