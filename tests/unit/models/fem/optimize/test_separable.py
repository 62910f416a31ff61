"""The subproblem of moving asymptotes against SciPy's sequential quadratic programming."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from models.base import Array
from models.fem.optimize.separable import PENALTY, Separable, solve


def program(count: int, constraints: int, seed: int, slack: float) -> Separable:
    """A random one; with slack > 0 its middle is feasible, with slack far below 0 nothing is."""
    rng = np.random.default_rng(seed)
    p, q = rng.uniform(0.1, 2.0, (2, 1 + constraints, count))
    lower, upper = np.full(count, -0.8), np.full(count, 0.9)
    low, high = rng.uniform(-3.0, -1.0, count), rng.uniform(1.0, 3.0, count)
    made = Separable(lower, upper, low, high, p, q, np.zeros(1 + constraints))
    return Separable(lower, upper, low, high, p, q, -made.values(np.zeros(count)) - slack)


def by_quadratic_programming(given: Separable) -> Array:
    peer = minimize(
        lambda x: given.values(x)[0],
        np.zeros(len(given.lower)),
        bounds=list(zip(given.lower, given.upper, strict=True)),
        constraints=[{"type": "ineq", "fun": lambda x: -given.values(x)[1:]}],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    return np.asarray(peer.x)


@given(st.integers(1, 6), st.integers(1, 3), st.integers(0, 10_000))
def test_a_feasible_program_has_the_solution_of_quadratic_programming(count: int, constraints: int, seed: int) -> None:
    posed = program(count, constraints, seed, slack=0.05)
    x, multipliers = solve(posed, np.zeros(constraints))
    peer = by_quadratic_programming(posed)
    assert posed.values(x)[0] <= posed.values(peer)[0] + 1e-7
    assert posed.values(x)[1:].max() <= 1e-9
    assert (multipliers >= 0).all()
    assert np.abs(multipliers * posed.values(x)[1:]).max() <= 1e-7


@given(st.integers(1, 6), st.integers(1, 3), st.integers(0, 10_000))
def test_the_multipliers_that_it_starts_from_do_not_matter(count: int, constraints: int, seed: int) -> None:
    posed = program(count, constraints, seed, slack=0.05)
    x, _ = solve(posed, np.zeros(constraints))
    again, _ = solve(posed, np.full(constraints, 3.0))
    np.testing.assert_allclose(again, x, atol=1e-7)


def test_what_cannot_be_met_is_broken_at_the_price_of_the_penalty() -> None:
    posed = program(4, 1, 3, slack=-100.0)
    x, multipliers = solve(posed, np.zeros(1))
    broken = posed.values(x)[1]
    assert broken > 0
    assert multipliers[0] == pytest.approx(PENALTY + broken)
    bounds = list(zip(posed.lower, posed.upper, strict=True))
    least = minimize(lambda x: posed.values(x)[1], np.zeros(4), bounds=bounds)
    assert broken == pytest.approx(float(least.fun), rel=1e-3)


def test_without_constraints_each_unknown_is_on_its_own() -> None:
    posed = program(5, 0, 1, slack=0.0)
    x, multipliers = solve(posed, np.zeros(0))
    assert len(multipliers) == 0
    slope = posed.p[0] / (posed.high - x) ** 2 - posed.q[0] / (x - posed.low) ** 2
    inner = (x > posed.lower) & (x < posed.upper)
    np.testing.assert_allclose(slope[inner], 0, atol=1e-12)
    assert (slope[x == posed.lower] >= 0).all()
    assert (slope[x == posed.upper] <= 0).all()
