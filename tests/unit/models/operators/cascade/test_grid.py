from __future__ import annotations

import numpy as np
import pytest

from models.base import Array, Refusal
from models.operators.cascade.discrete import ByMultigrid, Directly
from models.operators.cascade.grid import Question, grid
from models.operators.generators.darcy import darcy, discrete_darcy
from tests.unit.models.operators.cascade.fields import ONE, contrast, grid_of, off, solution


@pytest.mark.parametrize("divisions", (9, 32))
def test_the_problem_of_a_permeability_is_that_of_the_training_data(divisions: int) -> None:
    """Arrays in the order of `Pairs` go in, and come out."""
    pairs, discretised = darcy(2, divisions, seed=3), discrete_darcy(divisions)
    for permeability, target in zip(pairs.inputs[..., 0], pairs.targets[..., 0], strict=True):
        u = solution(divisions, Question(discretised.conductivity(permeability), ONE))
        np.testing.assert_allclose(u, target, atol=1e-6 * target.max())


def test_a_source_may_vary_from_point_to_point() -> None:
    """u = sin πx sin πy."""
    places = grid_of(64).mesh.nodes
    u = np.sin(np.pi * places).prod(axis=1)
    found = solution(64, Question(ONE, 2 * np.pi**2 * u))
    np.testing.assert_allclose(found, u, atol=2e-3)
    np.testing.assert_allclose(
        solution(64, Question(ONE, np.full(65 * 65, 3.0))), solution(64, Question(ONE, np.full(1, 3.0))), rtol=1e-9
    )


def test_grids_that_can_be_halved_have_multigrid() -> None:
    assert isinstance(grid_of(64).pose(contrast(64)), ByMultigrid)
    assert isinstance(grid_of(9).pose(contrast(9)), Directly)


def test_a_direct_grid_estimates_without_a_step() -> None:
    asked = contrast(9)
    discrete, exact = grid_of(9).pose(asked), solution(9, asked)
    u = off(9, exact, 0.1)
    found = discrete.improve(u, 0)
    np.testing.assert_array_equal(found.x, u)
    np.testing.assert_allclose(u + found.correction, exact)
    assert found.gains.sum() == pytest.approx(float(discrete.improve(u, 1).gains[0]))


def test_a_field_is_made_to_conform() -> None:
    field = grid_of(32).conforming(np.ones(33 * 33, np.float32))
    assert field.dtype == np.float64
    assert field.sum() == 31 * 31
    grid_of(32).check_field(field)


NOT_ZERO = np.zeros(33 * 33)
NOT_ZERO[5] = -1e-9


@pytest.mark.parametrize(
    ("field", "reason"), ((np.zeros(32 * 32), "WRONG_SIZE"), (NOT_ZERO, "OUT_OF_RANGE")), ids=("size", "boundary")
)
def test_a_field_that_does_not_fit_is_refused(field: Array, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        grid_of(32).check_field(field)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("asked", "reason"),
    (
        (Question(np.ones(7), ONE), "WRONG_SIZE"),
        (Question(ONE, np.ones(7)), "WRONG_SIZE"),
        (Question(np.zeros(1), ONE), "NOT_POSITIVE"),
        (Question(np.array([np.nan]), ONE), "NOT_POSITIVE"),
        (Question(np.array([np.inf]), ONE), "NOT_FINITE"),
        (Question(ONE, np.array([np.nan])), "NOT_FINITE"),
    ),
)
def test_a_question_that_makes_no_sense_is_refused(asked: Question, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        grid_of(32).pose(asked)
    assert refused.value.reason == reason


@pytest.mark.parametrize("divisions", (-4, 0, 1, 10**6))
def test_a_grid_without_free_nodes_or_too_large_is_refused(divisions: int) -> None:
    with pytest.raises(Refusal, match="divisions"):
        grid(divisions)


@pytest.mark.parametrize("divisions", (9, 32))
def test_what_is_beyond_floating_point_is_refused(divisions: int) -> None:
    asked = Question(np.full(1, 1e-300), np.full(1, 1e100))
    with pytest.raises(Refusal) as refused:
        grid_of(divisions).pose(asked).solve(None)
    assert refused.value.reason == "OUT_OF_RANGE"
