"""Trust region steps: on quadratics, where all is known, and beside SciPy's, which are the same method."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, rosen, rosen_der, rosen_hess

from models.base import Array
from models.fem.trust_region import FIRST_RADIUS, Trial, is_taken, next_radius, trial


def quadratic(seed: int, size: int = 6) -> tuple[Array, Array]:
    """A gradient, and a matrix whose eigenvalues are 1 and more."""
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((size, size))
    return rng.standard_normal(size), np.eye(size) + root @ root.T


@given(st.integers(0, 1000), st.floats(1e-3, 1e3))
def test_a_move_stays_in_the_region_and_its_prediction_is_the_model_s(seed: int, radius: float) -> None:
    gradient, matrix = quadratic(seed)
    found = trial(gradient, lambda direction: matrix @ direction, radius)
    assert np.linalg.norm(found.move) <= radius * (1 + 1e-12)
    assert found.is_at_edge == (np.linalg.norm(found.move) >= radius * (1 - 1e-9))
    model = gradient @ found.move + found.move @ matrix @ found.move / 2
    assert found.fall == pytest.approx(-model, rel=1e-9)
    assert found.fall > 0


@given(st.integers(0, 1000))
def test_a_move_falls_at_least_as_far_as_steepest_descent_does(seed: int) -> None:
    """The Cauchy point, from which convergence follows (Nocedal & Wright 2006, theorem 4.5)."""
    gradient, matrix = quadratic(seed)
    radius = 0.3
    found = trial(gradient, lambda direction: matrix @ direction, radius)
    norm = float(np.linalg.norm(gradient))
    curvature = float(gradient @ matrix @ gradient)
    length = min(radius / norm, norm**2 / curvature)
    cauchy = length * norm**2 - length**2 * curvature / 2
    assert found.fall >= cauchy * (1 - 1e-12)


def test_a_small_gradient_is_followed_to_newton_s_point() -> None:
    gradient, matrix = quadratic(3)
    gradient = 1e-8 * gradient
    found = trial(gradient, lambda direction: matrix @ direction, 1.0)
    newton = np.linalg.solve(matrix, -gradient)
    np.testing.assert_allclose(found.move, newton, atol=1e-3 * float(np.linalg.norm(newton)))


def test_along_negative_curvature_it_goes_to_the_edge() -> None:
    found = trial(np.array([1.0, 0.0]), lambda direction: -direction, 2.0)
    np.testing.assert_allclose(found.move, [-2.0, 0.0])
    assert found.is_at_edge
    assert found.fall == pytest.approx(2.0 + 2.0)


def test_no_gradient_no_move() -> None:
    found = trial(np.zeros(3), lambda direction: pytest.fail("not needed"), 1.0)
    assert (found.move == 0).all()
    assert found.fall == 0.0


def test_the_radius_follows_how_well_the_model_predicts() -> None:
    inner, edge = Trial(np.zeros(1), 1.0, False), Trial(np.zeros(1), 1.0, True)
    assert [next_radius(8.0, edge, fall) for fall in (-1.0, 0.2, 0.5, 0.9, np.nan)] == [2.0, 2.0, 8.0, 16.0, 2.0]
    assert next_radius(8.0, inner, 0.9) == 8.0
    assert next_radius(1000.0, edge, 1.0) == 1000.0
    assert [is_taken(edge, fall) for fall in (-1.0, 0.1, 0.2, np.nan)] == [False, False, True, False]


def test_its_steps_are_those_of_scipy() -> None:
    start = np.array([-1.2, 1.0, 0.5, 2.0])
    theirs: list[Array] = []
    minimize(rosen, start, jac=rosen_der, hess=rosen_hess, method="trust-ncg", callback=lambda x: theirs.append(x))
    ours: list[Array] = []
    x, radius = start, FIRST_RADIUS
    for _ in theirs:
        tried = trial(rosen_der(x), rosen_hess(x).__matmul__, radius)
        fall = float(rosen(x) - rosen(x + tried.move))
        radius = next_radius(radius, tried, fall)
        x = x + tried.move if is_taken(tried, fall) else x
        ours.append(x)
    assert len(theirs) > 10
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
