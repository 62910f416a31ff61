"""Relative errors by quadrature."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.base import Refusal
from models.operators.operator import Functions
from models.operators.training.loss import h1_squares, l2_squares, relative
from models.operators.training.quadrature import weights


def on_grid(function, x_side: int, y_side: int, power: float = 1.0) -> Functions:  # type: ignore[no-untyped-def]
    """A function on a grid of the unit square whose steps are unequal where `power` is not 1."""
    x, y = torch.linspace(0, 1, x_side).double() ** power, torch.linspace(0, 1, y_side).double()
    positions = torch.stack(torch.meshgrid(x, y, indexing="ij"), dim=-1).reshape(-1, 2)
    return Functions(function(positions)[None, :, None], positions, (x_side, y_side))


def test_weights_integrate_what_is_linear_along_each_side_exactly() -> None:
    of = on_grid(lambda p: (1 + p[:, 0]) * (2 - p[:, 1]), 5, 4, power=1.7)
    assert weights(of.positions, of.grid) @ of.values[0, :, 0] == pytest.approx(1.5 * 1.5)


def test_scattered_points_weigh_alike() -> None:
    assert torch.equal(weights(torch.rand(4, 3), ()), torch.full((4,), 0.25))


@pytest.mark.parametrize(("squares", "exact"), [(l2_squares, 1 / 4), (h1_squares, 1 / 4 + 5 * np.pi**2 / 4)])
def test_norms_converge_with_the_square_of_the_step(squares, exact: float) -> None:  # type: ignore[no-untyped-def]
    errors = []
    for side in (9, 17, 33):
        of = on_grid(lambda p: torch.sin(np.pi * p[:, 0]) * torch.cos(2 * np.pi * p[:, 1]), side, 2 * side - 1)
        errors.append(abs(float(squares(of)) - exact) + 1e-12)
    assert errors[2] < 1e-10 or errors[1] / errors[2] == pytest.approx(4, rel=0.1)


def test_an_error_is_relative_to_each_sample_and_knows_no_units() -> None:
    of = on_grid(lambda p: 1 + p[:, 0], 5, 5)
    target = torch.cat([of.values, 10 * of.values])
    answer = Functions(1.1 * target, of.positions, of.grid)
    assert torch.allclose(relative(answer, target), torch.full((2,), 0.1, dtype=torch.float64))
    assert torch.allclose(relative(answer, target, h1_squares), torch.full((2,), 0.1, dtype=torch.float64))


def test_slopes_of_scattered_points_are_refused() -> None:
    with pytest.raises(Refusal) as refused:
        h1_squares(Functions(torch.ones(1, 3, 1), torch.rand(3, 2)))
    assert refused.value.reason == "NO_GRID"
