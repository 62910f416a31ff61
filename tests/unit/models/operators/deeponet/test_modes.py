"""Principal modes of functions: those of known functions, on grids and on scattered points."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.operators.deeponet.modes import Modes, modes_of
from models.operators.operator import Functions

KNOTS = 17


def functions(positions: torch.Tensor, grid: tuple[int, ...] = ()) -> Functions:
    """1 + z₁ · 2 sin πx sin πy + z₂ · ½ sin 2πx sin πy with uncorrelated z of variance 1, and its opposite."""
    rng = np.random.default_rng(0)
    z, _ = np.linalg.qr(np.column_stack((np.ones(40), rng.standard_normal((40, 2)))))
    z = torch.as_tensor(z[:, 1:] * np.sqrt(40))
    x, y = positions.T
    modes = torch.stack((2 * torch.sin(np.pi * x), 0.5 * torch.sin(2 * np.pi * x))) * torch.sin(np.pi * y)
    values = 1 + z @ modes
    return Functions(torch.stack((values, -values), dim=2), positions, grid)


def lattice(count: int) -> torch.Tensor:
    line = torch.linspace(0, 1, count, dtype=torch.float64)
    return torch.cartesian_prod(line, line)


def cloud() -> torch.Tensor:
    sides = lattice(15)
    inside = torch.as_tensor(np.random.default_rng(1).random((900, 2)))
    return torch.cat((sides, inside))


def check(found: Modes, within: float) -> None:
    at = lattice(KNOTS)
    x, y = at.T
    first, second = (
        2 * torch.sin(np.pi * x) * torch.sin(np.pi * y),
        0.5 * torch.sin(2 * np.pi * x) * torch.sin(np.pi * y),
    )
    assert torch.allclose(found.mean, torch.stack((torch.ones(len(at)), -torch.ones(len(at))), dim=1).double())
    for channel in (0, 1):
        for number, exact in enumerate((first, second)):
            mode = found.modes[:, channel, number]
            assert float(torch.minimum((mode - exact).abs().max(), (mode + exact).abs().max())) < within
    assert float(found.modes[:, :, 2:].abs().max()) < 1e-6


def test_known_modes_are_found_on_a_grid() -> None:
    check(modes_of(functions(lattice(KNOTS), (KNOTS, KNOTS)), 4, KNOTS), 1e-9)


def test_known_modes_are_found_on_scattered_points() -> None:
    check(modes_of(functions(cloud()), 4, KNOTS), 0.05)


def test_more_modes_than_functions_are_zero() -> None:
    few = functions(lattice(5), (5, 5))
    found = modes_of(Functions(few.values[:2], few.positions, few.grid), 6, 5)
    assert found.modes.shape == (25, 2, 6)
    assert float(found.modes[:, :, 2:].abs().max()) == 0


def test_a_line_in_any_order_has_modes_too() -> None:
    order = torch.randperm(33, generator=torch.Generator().manual_seed(0))
    x = torch.linspace(0, 1, 33, dtype=torch.float64)[order]
    values = torch.stack((torch.sin(np.pi * x), -torch.sin(np.pi * x)))[:, :, None]
    mode = modes_of(Functions(values, x[:, None]), 1, 33).modes[:, 0, 0]
    assert mode.abs().numpy() == pytest.approx(np.sin(np.pi * np.linspace(0, 1, 33)), abs=1e-9)
