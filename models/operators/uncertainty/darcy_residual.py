"""By how much an answer fails Darcy's equation, cheaply enough for every answer: a residual for `flag`.

With K the stiffness of `generators.darcy` and r = f − K u, the score is √(rᵀ P r) / (E m), P = a^-½ L⁻¹ a^-½ with the
five-point Laplacian L, whose eigenvectors are products of sines: nearly the error in energy norm (Concus & Golub 1973,
SIAM J. Numer. Anal. 10, 1103, for P). m is the mean of a^-½ and E the energy norm of the solution for a = 1, so that
E m is about that of the true one, with the same units, whatever the answer is. Energy sees the fine parts of an error,
where a field that varies faster than those of the training goes wrong first. It is `acquisition.darcy_error` in few
operations, on the device and in the precision of the answer, whose rounding is more than what is added here.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from models.operators.operator import Functions

_GRIDS = 32  # sides whose matrices are kept: 8 bytes for each of the grid's points
_UNIT_ENERGY = 0.187  # √∫u of −Δu = 1: ∫u = 0.0351 (Timoshenko & Goodier 1951, Theory of Elasticity, section 109)
_SLACK = 1e-4  # of a side: what single precision leaves of equal steps


def darcy_residual(inputs: Functions, answer: Tensor) -> Tensor:
    """(batch,) of permeability and answer in units, (batch, points, 1). Infinite where it is no number, such as for a
    permeability that is not positive; 0, which says nothing, elsewhere than on n × n equal squares, n ≥ 2."""
    if not _is_square_grid(inputs):
        return torch.zeros_like(answer[:, 0, 0])
    side = inputs.grid[0]
    permeability = inputs.values.view(-1, side, side)
    inside = answer.view(-1, side, side)[:, 1:-1, 1:-1]
    left = _forces(permeability, torch.nn.functional.pad(inside, (1, 1, 1, 1)))
    sines, weights = _sines(side - 2, answer.dtype, answer.device)
    roots = permeability[:, 1:-1, 1:-1].rsqrt()
    amplitudes = sines @ (left * roots) @ sines
    energies = amplitudes.square_().view(-1, weights.numel()) @ weights
    return (energies.sqrt() / (_UNIT_ENERGY * roots.mean(dim=(1, 2)))).nan_to_num(nan=torch.inf)


def _forces(permeability: Tensor, u: Tensor) -> Tensor:
    """(batch, n−1, n−1): f − K u at the free nodes; see `acquisition.darcy_error.residual`."""
    logarithm = permeability.log()
    ends = logarithm[:, :-1] + logarithm[:, 1:]
    square = (ends[:, :, :-1] + ends[:, :, 1:]).div_(4).exp_()
    first = (square[:, :, :-1] + square[:, :, 1:]) * u[:, :, 1:-1].diff(dim=1)
    second = (square[:, :-1] + square[:, 1:]) * u[:, 1:-1].diff(dim=2)
    return first.diff(dim=1).add_(second.diff(dim=2)).div_(2).add_(1.0 / (u.shape[1] - 1) ** 2)


def _is_square_grid(inputs: Functions) -> bool:
    grid = inputs.grid
    if len(grid) != 2 or grid[0] != grid[1] or grid[0] < 3:
        return False
    nodes = inputs.positions.view(*grid, 2)
    axes = torch.stack([nodes[:, 0, 0], nodes[0, :, 1]])
    return torch.allclose(axes, _steps(grid[0], axes.dtype, axes.device).expand(2, -1), rtol=0.0, atol=_SLACK)


@lru_cache(maxsize=_GRIDS)
def _steps(side: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.linspace(0.0, 1.0, side, dtype=dtype, device=device)


@lru_cache(maxsize=_GRIDS)
def _sines(count: int, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    """(count, count): eigenvectors √(2/n) sin(π j k / n), n = count + 1; (count²,): one over the eigenvalues."""
    number = torch.arange(1, count + 1, dtype=torch.float64, device=device)
    sines = (torch.pi / (count + 1) * torch.outer(number, number)).sin() * (2 / (count + 1)) ** 0.5
    eigenvalues = 4 * (torch.pi / (2 * (count + 1)) * number).sin().square()
    return sines.to(dtype), (1 / (eigenvalues[:, None] + eigenvalues)).flatten().to(dtype)
