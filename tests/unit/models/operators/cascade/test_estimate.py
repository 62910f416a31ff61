from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import Array, BoundKind
from models.fem.energy import energy_norm
from models.operators.cascade import norms
from models.operators.cascade.discrete import Discrete
from models.operators.cascade.estimate import correct
from models.operators.cascade.norms import l2_norm
from tests.unit.models.operators.cascade.fields import contrast, grid_of, off, solution


def distance(discrete: Discrete, u: Array, v: Array) -> float:
    return energy_norm(discrete.problem, u - v)


@pytest.mark.parametrize("divisions", (32, 64, 128))
@pytest.mark.parametrize("kind", ("smooth", "rough", "both"))
@pytest.mark.parametrize("size", (0.03, 0.3))
def test_the_estimate_is_near_the_error_that_a_solve_finds(divisions: int, kind: str, size: float) -> None:
    """Effectivity: below 1 by theorem, and above 0.95 for contrasts as of Darcy's data."""
    asked = contrast(divisions, seed=divisions)
    discrete, exact = grid_of(divisions).pose(asked), solution(divisions, asked)
    u = off(divisions, exact, size, kind)
    found = correct(discrete, u, 0)
    assert 0.95 <= found.given.energy.value / distance(discrete, u, exact) <= 1 + 1e-6
    assert 0.9 <= found.given.l2.value / l2_norm(discrete.problem.mesh, u - exact) <= 1.1
    np.testing.assert_array_equal(found.u, u)
    assert found.left is found.given


@pytest.mark.parametrize("kind", ("smooth", "rough", "both"))
def test_each_correction_leaves_a_fifth_at_most_and_says_so(kind: str) -> None:
    asked = contrast(64)
    discrete, exact = grid_of(64).pose(asked), solution(64, asked)
    u = off(64, exact, 0.03, kind)
    errors = [distance(discrete, u, exact)]
    for steps in (1, 2, 3):
        found = correct(discrete, u, steps)
        errors.append(distance(discrete, found.u, exact))
        assert errors[-1] <= 0.2 * errors[-2]
        assert 0.95 <= found.left.energy.value / errors[-1] <= 1 + 1e-6
        assert found.given.energy.value == pytest.approx(errors[0], rel=1e-3)
        assert distance(discrete, found.near, exact) <= 0.2 * errors[-1]


def test_an_estimate_is_labelled_as_one_against_the_discrete_solution() -> None:
    asked = contrast(32)
    found = correct(grid_of(32).pose(asked), off(32, solution(32, asked), 0.1), 1)
    for bound, norm in ((found.given.energy, "energy"), (found.left.energy, "energy"), (found.left.l2, "L2")):
        assert bound.kind is BoundKind.ESTIMATED
        assert bound.norm == norm
        assert "Against the discrete solution" in bound.conditions


@settings(max_examples=15, deadline=None)
@given(
    size=st.floats(0, 1e3), seed=st.integers(0, 99), high=st.floats(1, 1e4), kind=st.sampled_from(("smooth", "rough"))
)
def test_no_error_is_below_its_estimate(size: float, seed: int, high: float, kind: str) -> None:
    asked = contrast(32, seed, high, 1.0)
    discrete, exact = grid_of(32).pose(asked), solution(32, asked)
    u = off(32, exact, size, kind, seed)
    round_off = 1e-7 * energy_norm(discrete.problem, exact)
    assert correct(discrete, u, 0).given.energy.value <= distance(discrete, u, exact) * (1 + 1e-5) + round_off


@pytest.mark.parametrize("divisions", (5, 12, 31))
def test_on_grids_for_direct_solves_the_error_is_known_and_one_correction_is_all(divisions: int) -> None:
    asked = contrast(divisions)
    discrete, exact = grid_of(divisions).pose(asked), solution(divisions, asked)
    u = off(divisions, exact, 0.1)
    assert correct(discrete, u, 0).given.energy.value == pytest.approx(distance(discrete, u, exact))
    found = correct(discrete, u, 1)
    np.testing.assert_allclose(found.u, exact, atol=1e-12)
    assert found.left.energy.value == 0.0


def test_the_l2_norm_is_that_of_the_function_between_the_nodes() -> None:
    """∫ (xy)² = 1/9 in the limit; for linear functions exactly."""
    mesh = grid_of(32).mesh
    assert l2_norm(mesh, mesh.nodes[:, 0]) == pytest.approx(3**-0.5, rel=1e-14)
    assert l2_norm(mesh, mesh.nodes.prod(axis=1)) == pytest.approx(1 / 3, rel=1e-3)


def test_the_compiled_norm_does_what_its_text_says(monkeypatch: pytest.MonkeyPatch) -> None:
    mesh, u = grid_of(5).mesh, np.random.default_rng(0).standard_normal(36)
    expected = l2_norm(mesh, u)
    monkeypatch.setattr(norms, "_square", norms._square.py_func)  # type: ignore[attr-defined]
    assert l2_norm(mesh, u) == pytest.approx(expected, rel=1e-12)


def test_nothing_has_no_relative_error() -> None:
    found = correct(grid_of(32).pose(contrast(32)), np.zeros(33 * 33), 0)
    assert found.given.energy.relative == float("inf")
    assert found.given.energy.value > 0
