"""Minima in boxes against SciPy's L-BFGS-B and a theorem, and searches that are taken up again."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, rosen, rosen_der

from models.base import Array
from models.fem.optimize import lbfgs
from models.fem.optimize.lbfgs import Bounds, Iterate, Objective


def searched(objective: Objective, bounds: Bounds, x: Array, tolerance: float = 1e-8, steps: int = 500) -> Iterate:
    at = lbfgs.start(x, objective, bounds)
    while at.count[0] < steps and not at.stuck[0]:
        if np.abs(bounds.projected_gradient(at.x, at.gradient)).max() <= tolerance:
            break
        at = lbfgs.step(at, objective, bounds)
    return at


def rosenbrock(x: Array) -> tuple[float, Array]:
    return float(rosen(x)), np.asarray(rosen_der(x))


def test_rosenbrocks_valley_is_followed_to_its_end() -> None:
    free = Bounds(np.full(10, -10.0), np.full(10, 10.0))
    at = searched(rosenbrock, free, np.tile([-1.2, 1.0], 5))
    np.testing.assert_allclose(at.x, 1, atol=1e-6)
    assert at.calls[0] < 150


def test_in_a_box_it_ends_where_scipy_does_in_as_many_calls() -> None:
    rng = np.random.default_rng(0)
    matrix, shift = rng.normal(size=(40, 20)), rng.normal(size=40)

    def convex(x: Array) -> tuple[float, Array]:
        return float(np.cosh(matrix @ x - shift).sum()), matrix.T @ np.sinh(matrix @ x - shift)

    bounds = Bounds(np.full(20, -0.1), np.full(20, 0.2))
    at = searched(convex, bounds, np.zeros(20))
    pairs = list(zip(bounds.lower, bounds.upper, strict=True))
    peer = minimize(convex, np.zeros(20), jac=True, bounds=pairs, method="L-BFGS-B", options={"ftol": 0, "gtol": 1e-8})
    assert at.value[0] == pytest.approx(peer.fun, rel=1e-12)
    np.testing.assert_allclose(at.x, peer.x, atol=1e-7)
    assert 3 <= np.count_nonzero((at.x == -0.1) | (at.x == 0.2)) <= 17
    assert at.calls[0] <= 2 * peer.nfev


@settings(max_examples=40)
@given(st.integers(2, 12), st.integers(0, 10_000))
def test_a_convex_quadratic_in_a_box_has_the_minimum_that_its_conditions_say(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(count, count))
    matrix, load = root @ root.T + 0.1 * np.eye(count), 5 * rng.normal(size=count)
    bounds = Bounds(np.full(count, -1.0), np.full(count, 1.0))
    at = searched(lambda x: (float(x @ matrix @ x / 2 - load @ x), matrix @ x - load), bounds, rng.normal(size=count))
    slope = matrix @ at.x - load
    inner = np.abs(at.x) < 1
    assert np.abs(slope[inner]).max(initial=0.0) <= 1e-5 * np.abs(load).max()
    assert (slope[at.x == -1] >= -1e-7).all()
    assert (slope[at.x == 1] <= 1e-7).all()


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_no_step_is_worse_nor_leaves_the_box(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bounds = Bounds(np.full(6, -0.5), rng.uniform(0.0, 1.5, 6))
    at = lbfgs.start(3 * rng.normal(size=6), rosenbrock, bounds)
    for _ in range(25):
        ahead = lbfgs.step(at, rosenbrock, bounds)
        assert ahead.value[0] <= at.value[0]
        assert ((ahead.x >= bounds.lower) & (ahead.x <= bounds.upper)).all()
        at = ahead


def test_taken_up_from_its_arrays_it_goes_on_alike() -> None:
    bounds = Bounds(np.full(4, -2.0), np.full(4, 0.9))
    at = lbfgs.start(np.full(4, -1.0), rosenbrock, bounds)
    for _ in range(25):  # more than there are pairs
        at = lbfgs.step(at, rosenbrock, bounds)
    copy = Iterate(**{f.name: getattr(at, f.name).copy() for f in dataclasses.fields(Iterate)})
    one, other = lbfgs.step(at, rosenbrock, bounds), lbfgs.step(copy, rosenbrock, bounds)
    assert all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(Iterate))
    assert len(one.steps) == lbfgs.PAIRS


def test_where_no_length_is_better_it_says_that_it_is_stuck() -> None:
    """A gradient that lies."""
    bounds = Bounds(np.full(2, -1.0), np.full(2, 1.0))

    def lying(x: Array) -> tuple[float, Array]:
        return float(x @ x), -x

    at = lbfgs.step(lbfgs.start(np.full(2, 0.5), lying, bounds), lying, bounds)
    assert at.stuck[0]
    np.testing.assert_array_equal(at.x, 0.5)


def test_unknowns_without_room_stay() -> None:
    bounds = Bounds(np.array([0.3, -5.0]), np.array([0.3, 5.0]))
    at = searched(rosenbrock, bounds, np.zeros(2))
    np.testing.assert_allclose(at.x, [0.3, 0.09], atol=1e-6)
