"""What one unit can change: nothing but its own row, and that within the norm."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import Array
from models.operators.operator import Functions
from models.operators.pairs import Pairs
from models.operators.private.gradient import by_record, flat, gradient, row, summed, trained
from models.operators.scaling import Scaling
from models.privacy.aggregate import Grid
from tests.unit.models.operators.tiny_operator import Tiny, pairs, plain_scaling

GRID = Grid(1.0 / 1024, 1024)
SPECIAL = [0.0, np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, 1.0, -0.3]


def length(whole: Array) -> int:
    """Squared, in Python's whole numbers."""
    return sum(int(number) ** 2 for number in whole.tolist())


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(SPECIAL), st.floats(allow_nan=True)), min_size=1, max_size=40))
def test_no_gradient_makes_a_row_beyond_the_norm(found: list[float]) -> None:
    assert length(row(np.array(found), GRID)) <= GRID.norm**2


def test_a_row_within_the_norm_is_rounded_and_one_beyond_keeps_its_direction() -> None:
    rng = np.random.default_rng(0)
    small = rng.standard_normal(50) / 50
    assert np.abs(row(small, GRID) * GRID.spacing - small).max() < GRID.spacing
    large = 1e6 * small
    assert np.abs(row(large, GRID) * GRID.spacing - small / np.linalg.norm(small)).max() < 2 * GRID.spacing


def targets_of(unit: Pairs, value: float) -> Pairs:
    return Pairs(unit.inputs, np.full_like(unit.targets, value), unit.positions, unit.grid)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e30, 1e-30])
def test_a_hostile_record_moves_the_sum_within_the_norm_and_no_other_row(value: float) -> None:
    operator, honest = Tiny(), by_record(pairs(7))
    hostile = targets_of(honest[3], value)
    without = summed(operator, plain_scaling(), honest, GRID)
    with_it = summed(operator, plain_scaling(), [*honest[:2], hostile, *honest[2:]], GRID)
    assert length(with_it - without) <= GRID.norm**2
    alone = row(gradient(operator, plain_scaling(), hostile), GRID)
    assert np.array_equal(with_it - without, alone)


def test_order_and_company_do_not_matter() -> None:
    operator, units = Tiny(), by_record(pairs(9))
    whole = summed(operator, plain_scaling(), units, GRID)
    assert np.array_equal(whole, summed(operator, plain_scaling(), units[::-1], GRID))
    parts = summed(operator, plain_scaling(), units[:4], GRID) + summed(operator, plain_scaling(), units[4:], GRID)
    assert np.array_equal(whole, parts)


def test_nobody_adds_nothing() -> None:
    assert not summed(Tiny(), plain_scaling(), [], GRID).any()


def test_a_gradient_is_that_of_the_mean_relative_loss() -> None:
    """By central differences, in double precision."""
    operator, unit = Tiny().double(), pairs(3)
    zero, one = torch.zeros(1).double(), torch.ones(1).double()
    found = gradient(operator, Scaling(zero, one, zero, one), unit)
    inputs, targets, positions = (
        torch.from_numpy(array).double() for array in (unit.inputs, unit.targets, unit.positions)
    )

    def loss() -> float:
        miss = operator(Functions(inputs, positions)) - targets
        return float((miss.norm(dim=(1, 2)) / targets.norm(dim=(1, 2))).mean())

    slopes = []
    with torch.no_grad():
        for value in (weight.view(-1)[place] for weight in trained(operator) for place in range(weight.numel())):
            middle = value.clone()
            around = [loss() for changed in (middle + 1e-6, middle - 1e-6) if value.copy_(changed) is value]
            value.copy_(middle)
            slopes.append((around[0] - around[1]) / 2e-6)
    assert np.allclose(found, slopes, rtol=1e-5, atol=1e-8)


def test_only_weights_that_are_not_frozen_count_and_complex_ones_twice() -> None:
    operator = Tiny(width=4)
    operator.lift.requires_grad_(False)
    assert len(gradient(operator, plain_scaling(), pairs(1))) == 5
    assert flat([torch.tensor([1 + 2j]), torch.tensor([3.0])]).tolist() == [1.0, 2.0, 3.0]
