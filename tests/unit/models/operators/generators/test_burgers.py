"""Burgers' equation against the exact solution of Cole and Hopf."""

from __future__ import annotations

import numpy as np
import pytest

from models.base import Array
from models.operators.generators.burgers import NODES, burgers, evolved, initial, values

X = np.arange(NODES) / NODES


def cole_hopf(spectra: Array, viscosity: float, time: float) -> Array:
    """(samples, NODES): u = −2ν φ_x / φ, where φ solves the heat equation from exp(−∫u / 2ν) (Cole 1951, Hopf 1950)."""
    number = np.fft.rfftfreq(NODES, 1 / NODES)
    integral = np.zeros_like(spectra)
    integral[:, 1:] = spectra[:, 1:] / (2j * np.pi * number[1:])
    start = np.fft.rfft(np.exp(-values(integral, X) / (2 * viscosity)))
    phi = start * np.exp(-viscosity * (2 * np.pi * number) ** 2 * time)
    slope = np.fft.irfft(2j * np.pi * number * phi, n=NODES)
    return -2 * viscosity * slope / np.fft.irfft(phi, n=NODES)


def drawn(seed: int) -> Array:
    return np.stack([initial(np.random.default_rng(seed))])


@pytest.mark.parametrize(("viscosity", "time"), [(0.1, 1.0), (0.1, 0.1), (0.02, 0.5)])
def test_solutions_are_those_of_cole_and_hopf(viscosity: float, time: float) -> None:
    spectra = drawn(0)
    exact = cole_hopf(spectra, viscosity, time)
    found = values(evolved(spectra, viscosity, time), X)
    assert np.abs(found - exact).max() < 1e-7 * np.abs(exact).max()


def test_steps_are_of_fourth_order() -> None:
    """From a smooth function: rough ones lose an order to stiffness (Hochbruck & Ostermann 2005)."""
    sine = np.zeros((1, NODES // 2 + 1), dtype=np.complex128)
    sine[0, 1] = -1j
    exact = cole_hopf(sine, 0.05, 0.5)
    coarse, fine = (np.abs(values(evolved(sine, 0.05, 0.5, steps), X) - exact).max() for steps in (20, 40))
    assert np.log2(coarse / fine) > 3.7


def test_sample_i_is_the_same_function_on_every_grid_and_in_every_count() -> None:
    coarse, fine = burgers(3, 17, seed=5), burgers(2, 65, seed=5)
    assert np.array_equal(coarse.positions, fine.positions[::4])
    assert np.allclose(coarse.inputs[:2], fine.inputs[:, ::4], atol=1e-6)
    assert np.array_equal(coarse.targets, burgers(20, 17, seed=5).targets[:3])
    assert not np.array_equal(coarse.inputs, burgers(3, 17, seed=6).inputs)


def test_both_ends_are_one_point_of_the_circle_and_the_mean_is_kept() -> None:
    pairs = burgers(2, 129, seed=0)
    assert pairs.grid == (129,)
    for fields in (pairs.inputs, pairs.targets):
        assert np.allclose(fields[:, 0], fields[:, -1], atol=1e-6)
        assert np.abs(fields[:, :-1].mean(axis=1)).max() < 1e-6


def test_initial_values_vary_as_they_say() -> None:
    """The variance of N(0, 625 (−Δ + 25)⁻²) at a point: twice the sum over the frequencies from 1 on."""
    rng = np.random.default_rng(3)
    drawn_ones = np.stack([initial(rng) for _ in range(4000)])
    number = np.arange(1, 65)
    exact = 2 * np.sum((25 / (4 * np.pi**2 * number**2 + 25)) ** 2)
    squares = values(drawn_ones, np.array([0.3])) ** 2
    assert abs(squares.mean() - exact) < 4 * squares.std() / np.sqrt(len(squares))
