from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import Array
from models.fem.structured.hierarchy import nested_sides
from models.fem.structured.square import SquareOperator, square_plan
from models.fem.structured.worthwhile import is_worthwhile
from tests.unit.models.fem.structured.squares import Square, boundary_nodes, random_square


def operator_of(square: Square) -> SquareOperator:
    return square_plan(np.array(square.sides), square.dirichlet).operator(square.conductivity)


def assert_near(u: Array, exact: Array) -> None:
    np.testing.assert_allclose(u, exact, atol=1e-8 * np.abs(exact).max())


@settings(max_examples=40, deadline=None)
@given(
    x_count=st.integers(3, 20).map(lambda half: 2 * half),
    y_count=st.integers(3, 20).map(lambda half: 2 * half),
    seed=st.integers(0, 99),
    spread=st.floats(0, 2),
    first=st.integers(0, 30),
    count=st.integers(2, 60),
)
def test_the_field_is_that_of_a_direct_solve(
    x_count: int, y_count: int, seed: int, spread: float, first: int, count: int
) -> None:
    square = random_square((x_count, y_count), seed=seed, spread=spread, first=first, count=count)
    [found] = operator_of(square).solve([square.load], [square.fixed])
    assert_near(found.x, square.solution())
    assert found.residual < 1e-8


def test_steps_do_not_grow_with_the_grid() -> None:
    steps = []
    for count in (32, 64, 128, 256):
        square = random_square((count, count), spread=0.3)
        [found] = operator_of(square).solve([square.load], [square.fixed])
        assert not found.is_direct
        steps.append(found.steps)
    assert max(steps) <= 15
    assert max(steps) - min(steps) <= 2


def inclusion(count: int, k: float) -> Square:
    """A square of another conductivity, not along lines of the coarse grids."""
    square = random_square((count, count))
    conductivity = np.ones((count, count, 2))
    conductivity[count // 4 + 1 : count // 2 + 2, count // 4 + 1 : count // 2 + 2] = k
    return dataclasses.replace(square, conductivity=conductivity.ravel())


@pytest.mark.parametrize("k", [1e-6, 1e6])
def test_an_inclusion_of_contrast_a_million_converges(k: float) -> None:
    square = inclusion(64, k)
    [found] = operator_of(square).solve([square.load], [square.fixed])
    assert not found.is_direct
    assert found.steps < 30
    assert_near(found.x, square.solution())


def test_what_does_not_converge_is_solved_directly_and_says_so() -> None:
    """Neighbouring cells differ by many decades. One factor serves all loads."""
    hard = random_square((64, 64), spread=5)
    loads = [hard.load, np.random.default_rng(1).standard_normal(len(hard.load))]
    found = operator_of(hard).solve(loads, [hard.fixed, hard.fixed])
    assert all(solution.is_direct for solution in found)
    assert found[0].method == "sparse LU, as conjugate gradients with Galerkin multigrid had not converged"
    for solution, load in zip(found, loads, strict=True):
        assert_near(solution.x, dataclasses.replace(hard, load=load).solution())


def test_the_factor_of_what_is_too_hard_is_kept() -> None:
    hard = random_square((64, 64), spread=5)
    operator = operator_of(hard)
    size = operator.size_bytes
    [first] = operator.solve([hard.load], [hard.fixed])
    made = operator.levels.factor
    [second] = operator.solve([hard.load], [hard.fixed])
    assert operator.levels.factor is made
    np.testing.assert_array_equal(first.x, second.x)
    assert operator.size_bytes == size > 12 * made.nonzeros


def test_many_loads_are_answered_as_if_they_were_alone() -> None:
    square, rng = random_square((32, 32)), np.random.default_rng(0)
    operator = operator_of(square)
    loads = [rng.standard_normal(33 * 33) for _ in range(4)]
    fixed = [scale * square.fixed for scale in (0.0, 1.0, 2.0, 0.0)]
    for together, load, values in zip(operator.solve(loads, fixed), loads, fixed, strict=True):
        np.testing.assert_array_equal(together.x, operator.solve([load], [values])[0].x)


def test_nothing_of_one_solve_is_left_for_the_next() -> None:
    """They work in the same room, where a load beyond floating point leaves NaN."""
    square = random_square((32, 32))
    operator = operator_of(square)
    [alone] = operator.solve([square.load], [square.fixed])
    with np.errstate(all="ignore"):
        [beyond] = operator.solve([np.full_like(square.load, np.inf)], [square.fixed])
    assert beyond.is_direct
    np.testing.assert_array_equal(operator.solve([square.load], [square.fixed])[0].x, alone.x)


def energy(square: Square, u: Array) -> float:
    return float(u @ square.plan().apply(square.conductivity, u))


def perturbed(square: Square, u: Array, size: float, seed: int) -> Array:
    """By noise of this part of the largest value, and by a smooth field likewise; right where u is given."""
    noise = np.random.default_rng(seed).standard_normal(len(u))
    nodes = square.plan().mesh.nodes
    away = noise + 3 * np.sin(np.pi * nodes).prod(axis=1)
    away[square.dirichlet] = 0
    return np.asarray(u + size * np.abs(u).max() * away)


@settings(max_examples=25, deadline=None)
@given(
    x_count=st.sampled_from((32, 44, 64)),
    seed=st.integers(0, 99),
    spread=st.floats(0, 1.5),
    size=st.sampled_from((1e-6, 1e-2, 1.0)),
    steps=st.integers(0, 3),
)
def test_gains_are_below_the_error_that_a_direct_solve_finds_and_near_it(
    x_count: int, seed: int, spread: float, size: float, steps: int
) -> None:
    square = random_square((x_count, 32), seed=seed, spread=spread, first=3, count=70)
    exact = square.solution()
    u = perturbed(square, exact, size, seed)
    found = operator_of(square).improve(square.load, u, steps)
    error, left = energy(square, u - exact), energy(square, found.x - exact)
    assert 0.9 * error <= found.gains.sum() <= error * (1 + 1e-5)
    assert 0.8 * left <= found.gains[-1] <= left * (1 + 1e-5)
    assert left <= error - found.gains[:-1].sum() + 1e-5 * error
    np.testing.assert_array_equal(found.x[square.dirichlet], square.fixed[square.dirichlet])
    assert energy(square, found.x + found.correction - exact) <= 0.3 * left


def test_improving_is_what_solving_from_there_begins_with() -> None:
    square = random_square((64, 64))
    operator, exact = operator_of(square), square.solution()
    start = perturbed(square, exact, 1e-4, 0)
    [cold] = operator.solve([square.load], [square.fixed])
    [warm] = operator.solve([square.load], [square.fixed], [start])
    assert warm.steps < cold.steps
    assert_near(warm.x, exact)
    assert_near(operator.improve(square.load, start, warm.steps).x, exact)


def test_a_start_far_from_the_solution_is_no_worse_in_the_end() -> None:
    square = random_square((32, 32))
    start = perturbed(square, square.solution(), 1e4, 0)
    [found] = operator_of(square).solve([square.load], [square.fixed], [start])
    assert_near(found.x, square.solution())


def test_what_is_no_solution_of_no_load_is_improved_too() -> None:
    square = dataclasses.replace(random_square((32, 32)), load=np.zeros(33 * 33), fixed=np.zeros(33 * 33))
    u = perturbed(square, np.ones(33 * 33), 1.0, 0)
    u[square.dirichlet] = 0
    found = operator_of(square).improve(square.load, u, 0)
    assert 0.9 * energy(square, u) <= found.gains.sum() <= energy(square, u) * (1 + 1e-5)


def test_nothing_is_left_to_improve_in_the_solution_of_no_load() -> None:
    square = random_square((32, 32))
    found = operator_of(square).improve(np.zeros(33 * 33), np.zeros(33 * 33), 2)
    assert not found.x.any()
    assert not found.correction.any()
    assert not found.gains.any()


def test_no_load_leaves_the_fixed_values() -> None:
    square = random_square((32, 32))
    [found] = operator_of(square).solve([np.zeros_like(square.load)], [np.zeros_like(square.fixed)])
    assert not found.x.any()
    assert (found.steps, found.residual) == (0, 0.0)


def test_one_conductivity_serves_all_cells() -> None:
    square = dataclasses.replace(random_square((32, 32)), conductivity=np.full(2048, 3.0))
    plan = square_plan(np.array([32, 32]), square.dirichlet)
    [found] = plan.operator(np.array([3.0])).solve([square.load], [square.fixed])
    np.testing.assert_array_equal(found.x, operator_of(square).solve([square.load], [square.fixed])[0].x)


def test_units_do_not_matter() -> None:
    square = random_square((32, 32))
    [found] = operator_of(square).solve([square.load], [square.fixed])
    for power in (-600, 600):
        scaled = dataclasses.replace(
            square, conductivity=square.conductivity * 2.0**power, load=square.load * 2.0**power
        )
        np.testing.assert_array_equal(operator_of(scaled).solve([scaled.load], [square.fixed])[0].x, found.x)


def test_products_are_those_of_the_general_plan() -> None:
    square, rng = random_square((12, 20)), np.random.default_rng(0)
    plan, general = square_plan(np.array([12, 20]), square.dirichlet), square.plan()
    u, v = rng.standard_normal((2, plan.point_count))
    assert plan.point_count == general.point_count
    np.testing.assert_array_equal(plan.cell_points, general.cell_points)
    for k in (square.conductivity, rng.standard_normal(2 * 12 * 20)):
        np.testing.assert_allclose(plan.apply(k, u), general.apply(k, u), atol=1e-11)
    np.testing.assert_allclose(plan.conductivity_gradient(u, v), general.conductivity_gradient(u, v), atol=1e-12)


def test_the_size_of_an_operator_counts_its_plan_and_its_levels() -> None:
    operator = operator_of(random_square((32, 32)))
    assert operator.plan.size_bytes > operator.plan.mesh.nodes.nbytes + operator.plan.mesh.gradients.nbytes
    assert operator.size_bytes == operator.plan.size_bytes + operator.levels.size_bytes


@pytest.mark.parametrize(
    ("divisions", "degree", "expected"),
    [
        ([32, 32], 1, True),
        ([64, 64], 2, False),  # P1 only
        ([30, 32], 1, False),  # small
        ([100, 100], 1, True),  # 25 × 25 remain
        ([130, 130], 1, True),  # 65 × 65 remain
        ([127, 128], 1, False),  # no coarser grid
        ([254, 254], 1, False),  # 127 × 127 remain
        ([700, 700], 1, True),  # 175 × 175 remain of many more
        ([250, 510], 1, False),  # 125 × 255 remain
        ([512, 128], 1, True),
        ([1024, 128], 1, False),  # long cells
    ],
)
def test_multigrid_is_taken_where_it_is_worthwhile(divisions: list[int], degree: int, expected: bool) -> None:
    assert is_worthwhile(np.array(divisions), degree) is expected
    assert not is_worthwhile(None, degree)


def test_sides_are_halved_while_both_are_even() -> None:
    assert nested_sides(32, 48) == [(32, 48), (16, 24), (8, 12), (4, 6)]
    assert nested_sides(100, 64) == [(100, 64), (50, 32), (25, 16)]
    assert nested_sides(7, 8) == [(7, 8)]


def test_one_walks_around_the_square() -> None:
    assert boundary_nodes(2, 3).tolist() == [0, 1, 2, 5, 8, 11, 10, 9, 6, 3]
