"""How far an answer to Darcy's problem is from its discrete solution, from the residual, for a whole pool at once.

With K the stiffness of `generators.darcy` and r = f − K u, the error in energy norm is √(rᵀ K⁻¹ r). In place of K⁻¹
stands one fast solve: the Laplacian by sine transforms, scaled on both sides by a^-½ (Concus & Golub 1973, SIAM J.
Numer. Anal. 10, 1103). What comes out is ESTIMATED: it ranks a pool, and bounds nothing.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.fft import dstn, idstn
from torch import Tensor

from models.base import Array
from models.operators.operator import Functions


def darcy_error(inputs: Functions, answers: Tensor) -> Tensor:
    """(batch,): estimated energy norm of the error over that of the solution, so 1 for the answer 0.

    Permeability and answer in units, (batch, points, 1) on a grid over the unit square. Raises ValueError elsewhere.
    """
    if len(inputs.grid) != 2 or inputs.grid[0] != inputs.grid[1]:
        raise ValueError(f"a grid {inputs.grid} is not over a square with equal sides")
    side = inputs.grid[0]
    permeability = inputs.values.detach().cpu().double().numpy().reshape(-1, side, side)
    u = answers.detach().cpu().double().numpy().reshape(-1, side, side)
    left = residual(permeability, u)
    load = np.full((1, side - 2, side - 2), 1.0 / (side - 1) ** 2)
    inner = permeability[:, 1:-1, 1:-1]
    found = np.sqrt(_energy(inner, left) / _energy(inner, load))
    return torch.from_numpy(found).to(answers)


def residual(permeability: Array, u: Array) -> Array:
    """(batch, n−1, n−1): f − K u at the free nodes, of (batch, n+1, n+1) each; u on the boundary counts as 0."""
    divisions = u.shape[1] - 1
    nodes = np.log(permeability)
    square = np.exp((nodes[:, :-1, :-1] + nodes[:, 1:, :-1] + nodes[:, :-1, 1:] + nodes[:, 1:, 1:]) / 4)
    field = np.zeros_like(u)
    field[:, 1:-1, 1:-1] = u[:, 1:-1, 1:-1]
    # An edge has the mean conductivity of the squares on its two sides; both halves of a square's diagonal cancel.
    first = (square[:, :, :-1] + square[:, :, 1:]) / 2 * np.diff(field[:, :, 1:-1], axis=1)
    second = (square[:, :-1] + square[:, 1:]) / 2 * np.diff(field[:, 1:-1], axis=2)
    return np.asarray(1.0 / divisions**2 + np.diff(first, axis=1) + np.diff(second, axis=2))


def _energy(permeability: Array, left: Array) -> Array:
    """(batch,): rᵀ a^-½ L⁻¹ a^-½ r, L being the five-point Laplacian with u = 0 around."""
    count = left.shape[1]
    frequency = 4 * np.sin(np.pi * np.arange(1, count + 1) / (2 * (count + 1))) ** 2
    scaled = left / np.sqrt(permeability)
    solved = idstn(dstn(scaled, type=1, axes=(1, 2)) / (frequency[:, None] + frequency[None, :]), type=1, axes=(1, 2))
    return np.asarray(np.sum(scaled * solved, axis=(1, 2)))
