"""The estimate of Darcy's error from the residual, against the discrete problem itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from models.base import Array
from models.operators.acquisition.darcy_error import darcy_error, residual
from models.operators.generators.darcy import darcy
from models.operators.operator import Functions

SIDE = 13


def wrong_answers(targets: Array, count: int) -> Array:
    """Smooth errors of many sizes that vanish on the boundary."""
    rng = np.random.default_rng(0)
    axis = np.sin(np.pi * np.arange(1, 5)[:, None] * np.linspace(0, 1, SIDE))
    waves = np.einsum("bkm,ki,mj->bij", rng.standard_normal((count, 4, 4)), axis, axis).reshape(count, -1, 1)
    size = 10.0 ** rng.uniform(-3, 0, (count, 1, 1))
    return np.asarray(targets + size * np.abs(targets).max() * waves)


def energy(permeability: Array, field: Array) -> Array:
    """√(eᵀ K e), where K e = residual(0) − residual(e)."""
    fields = field.reshape(-1, SIDE, SIDE)
    image = residual(permeability, np.zeros_like(fields)) - residual(permeability, fields)
    return np.sqrt(np.sum(image * fields[:, 1:-1, 1:-1], axis=(1, 2)))


def test_the_residual_of_the_discrete_solution_is_nought() -> None:
    pairs = darcy(3, SIDE - 1, seed=2)
    permeability, u = (array.astype(np.float64).reshape(-1, SIDE, SIDE) for array in (pairs.inputs, pairs.targets))
    left = residual(permeability, u)
    assert np.abs(left).max() < 1e-5 / (SIDE - 1) ** 2  # of the load; the targets are float32


def test_the_estimate_is_the_error_within_the_contrast_and_ranks_as_it_does() -> None:
    """Within √4, since the permeability is 3 or 12."""
    pairs = darcy(60, SIDE - 1, seed=3)
    permeability = pairs.inputs.astype(np.float64).reshape(-1, SIDE, SIDE)
    wrong = wrong_answers(pairs.targets.astype(np.float64), len(pairs))
    true = energy(permeability, wrong - pairs.targets) / energy(permeability, pairs.targets.astype(np.float64))
    inputs = Functions(torch.from_numpy(pairs.inputs), torch.from_numpy(pairs.positions), pairs.grid)
    found = darcy_error(inputs, torch.from_numpy(wrong)).numpy()
    effectivity = found / true
    assert effectivity.min() > 0.5 and effectivity.max() < 2
    assert spearmanr(found, true).statistic > 0.99


def test_nothing_is_as_wrong_as_all_of_the_solution() -> None:
    pairs = darcy(2, 8, seed=0)
    inputs = Functions(torch.from_numpy(pairs.inputs), torch.from_numpy(pairs.positions), pairs.grid)
    assert darcy_error(inputs, torch.zeros(2, 81, 1)).tolist() == pytest.approx([1.0, 1.0])


def test_points_without_a_grid_have_no_estimate() -> None:
    with pytest.raises(ValueError, match="not over a square"):
        darcy_error(Functions(torch.ones(1, 4, 1), torch.zeros(4, 2)), torch.zeros(1, 4, 1))
