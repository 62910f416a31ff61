"""Darcy's residual: of the exact answer nothing, and what transforms by another library say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.operators.acquisition.darcy_error import residual
from models.operators.generators.darcy import darcy
from models.operators.operator import Functions
from models.operators.pairs import Pairs
from models.operators.uncertainty.darcy_residual import darcy_residual

PAIRS = darcy(6, 20, seed=5)


def raw(pairs: Pairs) -> Functions:
    return Functions(torch.from_numpy(pairs.inputs), torch.from_numpy(pairs.positions), pairs.grid)


def disturbed(pairs: Pairs, amount: float, waves: int) -> torch.Tensor:
    """By `amount` of each solution's size, in a wave that is 0 on the boundary."""
    wave = torch.from_numpy(np.sin(waves * np.pi * pairs.positions).prod(axis=1).astype(np.float32))[:, None]
    targets = torch.from_numpy(pairs.targets)
    return targets + amount * targets.amax(dim=1, keepdim=True) * wave


def test_the_discrete_solution_leaves_no_more_than_rounding() -> None:
    assert darcy_residual(raw(PAIRS), torch.from_numpy(PAIRS.targets)).max() < 1e-3


@given(amount=st.floats(0.001, 0.03), waves=st.integers(1, 8))
@settings(max_examples=10, deadline=None)
def test_it_is_what_a_dense_laplacian_in_double_precision_says(amount: float, waves: int) -> None:
    answer = disturbed(PAIRS, amount, waves)
    a, u = (each.double().numpy().reshape(-1, 21, 21) for each in (torch.from_numpy(PAIRS.inputs), answer))
    line = 2 * np.eye(19) - np.eye(19, k=1) - np.eye(19, k=-1)
    laplacian = np.kron(line, np.eye(19)) + np.kron(np.eye(19), line)
    scaled = (residual(a, u) / np.sqrt(a[:, 1:-1, 1:-1])).reshape(len(a), -1)
    energies = np.sum(scaled * np.linalg.solve(laplacian, scaled.T).T, axis=1)
    size = 0.187 * np.mean(a[:, 1:-1, 1:-1] ** -0.5, axis=(1, 2))
    assert np.allclose(darcy_residual(raw(PAIRS), answer), np.sqrt(energies) / size, rtol=0.01)


def test_it_grows_as_the_error_does() -> None:
    one, two = (darcy_residual(raw(PAIRS), disturbed(PAIRS, amount, 6)) for amount in (1e-3, 2e-3))
    assert torch.allclose(two / one, torch.full_like(one, 2.0), rtol=0.02)


def test_permeability_that_is_not_positive_and_answers_that_are_no_number_are_as_far_as_can_be() -> None:
    functions = raw(PAIRS)
    values, targets = functions.values.clone(), torch.from_numpy(PAIRS.targets).clone()
    values[0, 50], values[1, 50], targets[2, 100] = -1.0, 0.0, torch.nan
    found = darcy_residual(Functions(values, functions.positions, functions.grid), targets)
    assert found[:3].isposinf().all() and found[3:].max() < 1e-3


def test_it_is_about_1_for_no_answer_and_exactly_the_same_in_other_units() -> None:
    functions, none = raw(PAIRS), torch.zeros_like(torch.from_numpy(PAIRS.targets))
    assert torch.allclose(darcy_residual(functions, none), torch.ones(len(PAIRS)), rtol=0.2)
    answer = disturbed(PAIRS, 0.01, 4)
    other = Functions(4 * functions.values, functions.positions, functions.grid)
    assert torch.allclose(darcy_residual(functions, answer), darcy_residual(other, answer / 4), rtol=1e-3)


@pytest.mark.parametrize("kind", ["scattered", "another box", "uneven", "not square"])
def test_elsewhere_than_on_equal_squares_of_the_unit_square_it_says_nothing(kind: str) -> None:
    functions = raw(PAIRS)
    grid = {"scattered": (), "not square": (9, 49)}.get(kind, PAIRS.grid)
    positions = {"another box": functions.positions / 2, "uneven": functions.positions**2}.get(
        kind, functions.positions
    )
    other = Functions(functions.values, positions, grid)
    assert torch.equal(darcy_residual(other, functions.values), torch.zeros(len(PAIRS)))
