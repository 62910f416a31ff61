"""Svanberg's own examples, and the promises of his theorem."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import Array
from models.fem.optimize import mma
from models.fem.optimize.mma import Box, Functions, Iterate

Problem = Callable[[Array], Functions]


def cantilever(x: Array) -> Functions:
    """The weight of five beams under a bound on the deflection: Svanberg 1987, section 6."""
    cost, stiff = 0.0624, np.array([61.0, 37.0, 19.0, 7.0, 1.0])
    return Functions(
        np.array([cost * x.sum(), np.sum(stiff / x**3) - 1]), np.vstack((np.full(5, cost), -3 * stiff / x**4))
    )


def two_bars(x: Array) -> Functions:
    """The weight of two bars under a bound on both stresses: Svanberg 1987, section 6."""
    area, half = x
    span = np.sqrt(1 + half**2)
    slope = half / span
    near, far = 8 / area + 1 / (area * half), 8 / area - 1 / (area * half)
    return Functions(
        np.array([area * span, 0.124 * span * near - 1, 0.124 * span * far - 1]),
        np.array(
            [
                [span, area * slope],
                [-0.124 * span * near / area, 0.124 * (slope * near - span / (area * half**2))],
                [-0.124 * span * far / area, 0.124 * (slope * far + span / (area * half**2))],
            ]
        ),
    )


def searched(problem: Problem, box: Box, x: Array, steps: int) -> list[tuple[Iterate, Functions]]:
    here = problem(x)
    at = mma.start(x, len(here.values) - 1)
    path = [(at, here)]
    for _ in range(steps):
        at, here = mma.step(at, here, box, problem)
        path.append((at, here))
    return path


def test_the_cantilever_is_svanbergs() -> None:
    """His optimum: 1.340 with 6.016, 5.309, 4.494, 3.502, 2.153."""
    at, here = searched(cantilever, Box(np.ones(5), np.full(5, 10.0)), np.full(5, 5.0), 25)[-1]
    assert here.values[0] == pytest.approx(1.340, abs=5e-4)
    np.testing.assert_allclose(at.x, [6.016, 5.309, 4.494, 3.502, 2.153], atol=2e-3)
    assert here.values[1] <= 1e-9


def test_the_two_bars_are_svanbergs() -> None:
    """His optimum: 1.51 with 1.41 and 0.38."""
    at, here = searched(two_bars, Box(np.array([0.2, 0.1]), np.array([4.0, 1.6])), np.array([1.5, 0.5]), 25)[-1]
    assert here.values[0] == pytest.approx(1.51, abs=5e-3)
    np.testing.assert_allclose(at.x, [1.41, 0.38], atol=5e-3)


def wavy(seed: int) -> Problem:
    """A sum of cosines, not convex, in a ball and a half-space around 0."""
    rng = np.random.default_rng(seed)
    waves, phases = rng.normal(size=(4, 3)), rng.uniform(0, 6, 4)
    normal = rng.normal(size=3)

    def problem(x: Array) -> Functions:
        return Functions(
            np.array([np.cos(waves @ x + phases).sum(), x @ x - 2, normal @ x - 0.5]),
            np.vstack((-np.sin(waves @ x + phases) @ waves, 2 * x, normal)),
        )

    return problem


BOX = Box(np.full(3, -2.0), np.full(3, 2.0))


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_from_a_feasible_point_each_step_is_feasible_and_no_worse(seed: int) -> None:
    """Svanberg 2002, where the approximations were above the functions; the dual is solved to 1e-10."""
    path = searched(wavy(seed), BOX, np.zeros(3), 20)
    for (_, before), (at, here) in pairwise(path):
        if not at.conservative[0]:
            return
        assert here.values[1:].max() <= 1e-8
        assert here.values[0] <= before.values[0] + 1e-8


@pytest.mark.parametrize("seed", (0, 1, 2, 125, 150, 369, 7390))
def test_it_ends_where_the_optimality_conditions_hold(seed: int) -> None:
    """The last four are the slowest that were found."""
    at, here = searched(wavy(seed), BOX, np.zeros(3), 150)[-1]
    assert mma.kkt_residual(at, here, BOX, np.ones(3)) <= 1e-3


def test_the_residual_of_the_conditions_knows_no_unit_of_the_objective() -> None:
    at, here = searched(wavy(1), BOX, np.zeros(3), 3)[-1]
    scaled = Functions(here.values * [1e6, 1, 1], here.gradients * np.array([[1e6], [1], [1]]))
    same = dataclasses.replace(at, multipliers=1e6 * at.multipliers)
    assert mma.kkt_residual(same, scaled, BOX, np.full(3, 1e6)) == pytest.approx(
        mma.kkt_residual(at, here, BOX, np.ones(3)), rel=1e-9
    )


def test_a_broken_constraint_is_part_of_the_residual() -> None:
    at, here = searched(wavy(1), BOX, np.zeros(3), 60)[-1]
    worst = max(here.values[1:])
    broken = Functions(here.values + np.array([0, 0.25 - worst, 0.25 - worst]), here.gradients)
    assert mma.kkt_residual(dataclasses.replace(at, multipliers=np.zeros(2)), broken, BOX, np.ones(3)) >= 0.25


def test_without_a_slope_nothing_is_claimed() -> None:
    flat = Functions(np.array([3.0, -1.0]), np.array([[0.0, 0.0], [1.0, 1.0]]))
    assert mma.kkt_residual(mma.start(np.full(2, 0.5), 1), flat, Box(np.zeros(2), np.ones(2)), np.zeros(2)) == np.inf


def test_what_cannot_be_bounded_is_taken_and_told() -> None:
    """A cliff around the start: no approximation of bounded bending is above it."""

    def cliff(x: Array) -> Functions:
        return Functions(np.array([1e30 * float(x[0] != 0.5) + x[0]]), np.ones((1, 1)))

    at, _ = searched(cliff, Box(np.zeros(1), np.ones(1)), np.full(1, 0.5), 1)[-1]
    assert not at.conservative[0]
