"""Waves in a duct, at nodes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from models.base import Array
from models.operators.generators.helmholtz import FREQUENCY, helmholtz, waves


def layered(speed: float, depth: float, axis: Array) -> Array:
    """(n,): u along x where c = speed · (1 + depth cos πx), by shooting back from the outlet, where c u' = iω u."""

    def c(x: float) -> float:  # without slope at the outlet, as the fields are
        return float(speed * (1 + depth * np.cos(np.pi * x)))

    def slopes(x: float, state: Array) -> Array:
        return np.array([state[1] / c(x) ** 2, -(FREQUENCY**2) * state[0]])  # u, c² u'

    start = np.array([1.0 + 0j, 1j * FREQUENCY * c(1.0)])
    found = solve_ivp(slopes, (1.0, 0.0), start, t_eval=axis[::-1], rtol=1e-10, atol=1e-12).y[0][::-1]
    return np.asarray(found / found[0])


@pytest.mark.parametrize(("speed", "depth"), [(1.0, 0.0), (1.3, 0.0), (1.0, 0.4)])
def test_waves_through_layers_are_those_of_the_equation_in_one_dimension(speed: float, depth: float) -> None:
    errors = []
    for divisions in (12, 24):
        axis = np.linspace(0, 1, divisions + 1)
        c = np.repeat(speed * (1 + depth * np.cos(np.pi * axis)), divisions + 1)
        found = waves(c[None], divisions)[0].reshape(divisions + 1, divisions + 1, 2)
        exact = layered(speed, depth, axis)[:, None]
        errors.append(np.abs(found[..., 0] + 1j * found[..., 1] - exact).max() / np.abs(exact).max())
    assert errors[1] < 0.02  # the speed is constant on each square: second order
    assert errors[0] > 3 * errors[1]


def test_sample_i_is_the_same_function_on_every_grid_and_in_every_count() -> None:
    coarse, fine = helmholtz(3, 6, seed=5), helmholtz(2, 12, seed=5)
    assert np.allclose(coarse.inputs[:2], fine.inputs.reshape(2, 13, 13, 1)[:, ::2, ::2].reshape(2, -1, 1))
    assert np.array_equal(coarse.targets[:2], helmholtz(2, 6, seed=5).targets)
    assert not np.array_equal(coarse.inputs, helmholtz(3, 6, seed=6).inputs)


def test_the_left_side_moves_by_one() -> None:
    pairs = helmholtz(2, 8, seed=0)
    left = pairs.positions[:, 0] == 0
    assert np.allclose(pairs.targets[:, left], [1, 0])
    assert pairs.grid == (9, 9)
    assert (pairs.inputs > 0).all()
