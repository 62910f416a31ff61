"""Lattice noise under sampling, against sums over the lattice themselves."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from models.base import Array
from models.operators.private.lattice import is_covered, log_excess
from models.operators.private.plan import PrivateTraining
from models.privacy.kinds import SubsampledGaussian

ORDERS = [1.5, 2.0, 3.7, 8.0, 24.5]


def lattice(dimensions: int, reach: int) -> Array:
    axis = np.arange(-reach, reach + 1, dtype=float)
    return np.stack(np.meshgrid(*[axis] * dimensions, indexing="ij"), axis=-1).reshape(-1, dimensions)


def log_moments(shift: Array, rate: float, variance: float, order: float) -> tuple[float, float]:
    """ln of the moments of order α in both directions, by adding up the lattice."""
    x = lattice(len(shift), 12 * math.ceil(math.sqrt(variance)) + int(order * np.abs(shift).max()) + 2)
    log_density = -np.sum(x**2, axis=1) / (2 * variance)
    log_ratio = np.log1p(rate * np.expm1((2 * x @ shift - shift @ shift) / (2 * variance)))
    normaliser = np.logaddexp.reduce(log_density)
    forth, back = (np.logaddexp.reduce(log_density + power * log_ratio) - normaliser for power in (order, 1 - order))
    return float(forth), float(back)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("steps", "multiplier"), [(4, 1.0), (8, 0.7), (3, 2.0)])
def test_on_a_fine_lattice_no_shift_within_the_norm_costs_more_than_the_price(
    order: float, steps: int, multiplier: float
) -> None:
    """To the 1e-10 to which floats add up here; in two dimensions, where shifts have every direction."""
    rate = 0.1
    price = (order - 1) * float(SubsampledGaussian(rate, multiplier, 1).renyi(order))
    shifts = [s for s in itertools.product(range(steps + 1), repeat=2) if 0 < s[0] ** 2 + s[1] ** 2 <= steps**2]
    for shift in [*shifts[:: max(1, len(shifts) // 6)], (steps, 0)]:
        forth, back = log_moments(np.array(shift, float), rate, (steps * multiplier) ** 2, order)
        excess = math.exp(min(log_excess(multiplier, steps, 2, order), 0.0))
        assert max(forth, back) <= price + excess + 1e-10


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("multiplier", [0.35, 0.5, 0.7])
def test_the_lemma_holds_where_the_lattice_shows(order: float, multiplier: float) -> None:
    """One step to the norm: at small multipliers the lattice's moments differ from the integrals in plain sight."""
    price = (order - 1) * float(SubsampledGaussian(0.2, multiplier, 1).renyi(order))
    forth, back = log_moments(np.array([1.0]), 0.2, multiplier**2, order)
    allowed = math.log1p(math.exp(min(log_excess(multiplier, 1, 1, order), 700.0)))
    assert forth <= price + allowed + 1e-10 and back <= price + allowed + 1e-10


def test_the_excess_falls_as_the_grid_gets_finer_and_grows_with_weights_and_order() -> None:
    assert log_excess(1.0, 64, 100, 8.0) < log_excess(1.0, 32, 100, 8.0)
    assert log_excess(1.0, 64, 100, 8.0) < log_excess(1.0, 64, 1000, 8.0)
    assert log_excess(1.0, 64, 100, 8.0) < log_excess(1.0, 64, 100, 80.0)


@pytest.mark.parametrize("weights", [1, 1000, 1_000_000])
@pytest.mark.parametrize("multiplier", [0.5, 1.0, 20.0])
def test_grids_of_real_trainings_are_covered_with_room_to_spare(weights: int, multiplier: float) -> None:
    plan = PrivateTraining(rate=0.001, noise_multiplier=multiplier, steps=1000, units=1e4)
    mechanism = SubsampledGaussian(plan.rate, multiplier, plan.steps)
    assert is_covered(mechanism, plan.grid(weights).norm, weights)


def test_a_coarse_grid_is_covered_only_without_sampling() -> None:
    assert not is_covered(SubsampledGaussian(0.5, 1.0, 1), 1, 1000)
    assert is_covered(SubsampledGaussian(1.0, 1.0, 1), 1, 1000)
