"""Darcy flow through two phases, at nodes."""

from __future__ import annotations

import numpy as np
import pytest

from models.operators.generators.darcy import PERMEABLE, TIGHT, darcy, discrete_darcy
from models.operators.generators.gaussian_field import gaussian_fields


def test_sample_i_is_the_same_function_on_every_grid_and_in_every_count() -> None:
    coarse, fine = darcy(3, 8, seed=5), darcy(2, 24, seed=5)
    on_coarse = fine.inputs.reshape(2, 25, 25)[:, ::3, ::3].reshape(2, -1, 1)
    assert np.array_equal(coarse.inputs[:2], on_coarse)
    assert not np.array_equal(coarse.inputs, darcy(3, 8, seed=6).inputs)


def test_nodes_are_in_the_order_of_pairs() -> None:
    pairs = darcy(1, 6, seed=0)
    positions = pairs.positions.reshape(7, 7, 2)
    assert np.allclose(positions[2, 5], [2 / 6, 5 / 6])
    field = next(gaussian_fields(1, np.linspace(0, 1, 7), seed=0))
    assert np.array_equal(pairs.inputs[0, :, 0], np.where(field >= 0, PERMEABLE, TIGHT).ravel())


@pytest.mark.parametrize("divisions", [21, 32])  # directly, and by multigrid
def test_what_is_solved_is_as_symmetric_as_the_square(divisions: int) -> None:
    problem = discrete_darcy(divisions)
    permeability = darcy(1, divisions, seed=1).inputs[0].reshape(divisions + 1, divisions + 1)
    images = [permeability, permeability.T, permeability[::-1], np.rot90(permeability)]
    u, *others = (field.reshape(permeability.shape) for field in problem.solve([a.ravel() for a in images]))
    for found, expected in zip(others, (u.T, u[::-1], np.rot90(u)), strict=True):
        assert np.allclose(found, expected, rtol=0, atol=1e-8 * np.abs(u).max())


@pytest.mark.parametrize("divisions", [21, 32])
def test_a_uniform_square_answers_as_its_sine_series(divisions: int) -> None:
    u = discrete_darcy(divisions).solve([np.full((divisions + 1) ** 2, 12.0)])[0]
    odd = np.arange(1, 60, 2)
    coefficients = 16 / (np.pi**4 * np.outer(odd, odd) * (odd[:, None] ** 2 + odd**2)) / 12
    sines = np.sin(np.pi * np.outer(np.linspace(0, 1, divisions + 1), odd))
    exact = (sines @ coefficients @ sines.T).ravel()
    assert np.abs(u - exact).max() < 2 / divisions**2 * exact.max()


def test_solutions_on_finer_grids_approach_one_function_without_a_drift() -> None:
    fine = darcy(4, 96, seed=2).targets.reshape(4, 97, 97)
    errors = []
    for divisions in (12, 24, 48):
        step = 96 // divisions
        coarse, there = darcy(4, divisions, seed=2).targets.reshape(4, divisions + 1, -1), fine[:, ::step, ::step]
        errors.append(np.linalg.norm(coarse - there) / np.linalg.norm(there))
    assert errors[2] < errors[1] < errors[0] < 0.06
    assert errors[2] < 0.01


def test_the_field_has_the_covariance_that_it_says() -> None:
    at = np.array([0.2, 0.7])
    fields = np.array(list(gaussian_fields(4000, at, seed=3)))

    def mode(k: int, x: float) -> float:
        return float(np.sqrt(2.0 if k else 1.0) * np.cos(np.pi * k * x))

    exact = sum(
        mode(k, 0.2) * mode(k, 0.7) * mode(m, 0.7) ** 2 / (np.pi**2 * (k**2 + m**2) + 9) ** 2
        for k in range(64)
        for m in range(64)
        if k or m
    )
    products = fields[:, 0, 1] * fields[:, 1, 1]
    assert abs(products.mean() - exact) < 4 * products.std() / np.sqrt(len(products))
