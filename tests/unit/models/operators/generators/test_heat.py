"""Heat on the unit square, at nodes."""

from __future__ import annotations

import numpy as np
import pytest

from models.operators.generators.heat import TIME, cooled, heat


@pytest.mark.parametrize("conductivity", [1.0, 2.5])
def test_a_mode_of_a_uniform_square_decays_by_its_eigenvalue(conductivity: float) -> None:
    errors = []
    for divisions in (8, 16):
        x, y = np.meshgrid(*[np.linspace(0, 1, divisions + 1)] * 2, indexing="ij")
        start = (np.sin(np.pi * x) * np.sin(2 * np.pi * y)).ravel()
        found = cooled(np.stack((np.full_like(start, conductivity), start), axis=1)[None], divisions)[0, :, 0]
        exact = np.exp(-5 * np.pi**2 * conductivity * TIME) * start
        errors.append(np.abs(found - exact).max() / np.abs(exact).max())
    assert errors[1] < 0.1
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.3)


def test_sample_i_is_the_same_function_on_every_grid_and_in_every_count() -> None:
    coarse, fine = heat(3, 6, seed=5), heat(2, 12, seed=5)
    assert np.allclose(coarse.inputs[:2], fine.inputs.reshape(2, 13, 13, 2)[:, ::2, ::2].reshape(2, -1, 2))
    assert np.array_equal(coarse.targets[:2], heat(2, 6, seed=5).targets)
    assert not np.array_equal(coarse.inputs, heat(3, 6, seed=6).inputs)


def test_solutions_on_finer_grids_approach_one_function() -> None:
    fine = heat(2, 48, seed=2).targets.reshape(2, 49, 49)
    errors = []
    for divisions in (8, 16):
        step = 48 // divisions
        coarse = heat(2, divisions, seed=2).targets.reshape(2, divisions + 1, -1)
        errors.append(np.linalg.norm(coarse - fine[:, ::step, ::step]) * step)
    assert errors[0] / errors[1] > 2.5


def test_what_is_hot_cools_and_the_boundary_stays_at_zero() -> None:
    pairs = heat(4, 12, seed=1)
    x = pairs.positions
    boundary = ((x == 0) | (x == 1)).any(axis=1)
    assert np.abs(pairs.targets[:, boundary]).max() == 0
    assert np.abs(pairs.inputs[:, boundary, 1]).max() < 1e-6
    assert (np.abs(pairs.targets).max(axis=(1, 2)) < np.abs(pairs.inputs[..., 1]).max(axis=1)).all()
    assert (pairs.inputs[..., 0] > 0).all()
