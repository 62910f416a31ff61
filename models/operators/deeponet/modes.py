"""The principal modes of a set of functions (proper orthogonal decomposition; Sirovich 1987, Quart. Appl. Math. 45)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator, RegularGridInterpolator
from torch import Tensor

from models.base import Array
from models.operators.operator import Functions
from models.operators.points.volumes import volumes


@dataclass(frozen=True, eq=False)
class Modes:
    """At knots over the unit box, `knots` along each axis, the last the fastest: f = mean + Σ z_k mode_k, with z of
    variance 1 over the functions and without correlation."""

    mean: Tensor  # (knots^dim, channels)
    modes: Tensor  # (knots^dim, channels, rank), 0 beyond the rank of the functions


def modes_of(functions: Functions, rank: int, knots: int) -> Modes:
    """Orthogonal in L², by quadrature over the points. Raises `Refusal` WRONG_POINTS."""
    values = functions.values.detach().cpu().double().numpy()
    positions = functions.positions.detach().cpu().double().numpy()
    samples, points, channels = values.shape
    root = np.sqrt(volumes(positions, functions.grid))[:, None]
    root[root == 0] = root[root > 0].min()  # a point that lies on another
    mean = values.mean(axis=0)
    modes = np.zeros((points, channels, rank))
    for channel in range(channels):
        gaps = (values[:, :, channel] - mean[:, channel]) * root[:, 0]
        _, sizes, along = np.linalg.svd(gaps, full_matrices=False)
        kept = min(rank, len(sizes))
        modes[:, channel, :kept] = (along[:kept].T / root) * sizes[:kept] / np.sqrt(samples)
    both = np.concatenate((mean[:, :, None], modes), axis=2).reshape(points, -1)
    moved = torch.as_tensor(_at_knots(both, positions, functions.grid, knots))
    moved = moved.reshape(len(moved), channels, 1 + rank)
    return Modes(moved[:, :, 0], moved[:, :, 1:])


def _at_knots(values: Array, positions: Array, grid: tuple[int, ...], knots: int) -> Array:
    """Linear between points; what lies outside of them has the nearest one's value."""
    dim = positions.shape[1]
    line = np.linspace(0.0, 1.0, knots)
    at = np.stack(np.meshgrid(*[line] * dim, indexing="ij"), axis=-1).reshape(-1, dim)
    if grid:
        lattice = positions.reshape(*grid, dim)
        axes = [np.moveaxis(lattice[..., axis], axis, 0).reshape(grid[axis], -1)[:, 0] for axis in range(dim)]
        inside = np.clip(at, [axis[0] for axis in axes], [axis[-1] for axis in axes])
        return np.asarray(RegularGridInterpolator(axes, values.reshape(*grid, -1))(inside))
    if dim == 1:
        line, first = np.unique(positions[:, 0], return_index=True)
        return _at_knots(values[first], line[:, None], (len(line),), knots)
    found = np.asarray(LinearNDInterpolator(positions, values)(at))
    outside = np.isnan(found[:, 0])
    found[outside] = NearestNDInterpolator(positions, values)(at[outside])
    return found
