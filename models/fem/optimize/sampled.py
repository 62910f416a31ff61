"""A finite element space by what its shape functions are at the quadrature points of each cell.

Simplices take the elements and rules of `models.fem`. Bricks are bilinear and trilinear on a rectangle or box, with two
Gauss points along each axis: all cells are alike, so that one row stands for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from models.base import Array
from models.fem.element import Element
from models.fem.quadrature import quadrature
from models.fem.simplicial import Simplicial

_GAUSS = 0.5 + np.array([-0.5, 0.5]) / 3**0.5  # on (0, 1), weights ½


@dataclass(frozen=True, eq=False)
class Sampled:
    """`cells` in a shape below is their number, or 1 where they are alike."""

    points: Array  # (points, d)
    cell_points: Array  # (cells, n)
    volumes: Array  # (cells,)
    centers: Array  # (cells, d)
    weights: Array  # (quadrature,), sum 1
    shapes: Array  # (quadrature, n)
    slopes: Array  # (quadrature, cells, n, d)


def simplices(mesh: Simplicial, element: Element) -> Sampled:
    """Quadrature is exact for products of shapes, and of their slopes."""
    rule = quadrature(2 * element.degree, mesh.nodes.shape[1])
    by_barycentric = element.derivatives(rule.points)
    return Sampled(
        points=mesh.points(element.degree),
        cell_points=mesh.cell_points(element.degree),
        volumes=mesh.volumes,
        centers=mesh.nodes[mesh.cells].mean(axis=1),
        weights=rule.weights,
        shapes=element.shapes(rule.points),
        slopes=np.einsum("qnb,cbd->qcnd", by_barycentric, mesh.gradients),
    )


def bricks(counts: tuple[int, ...], lengths: Array) -> Sampled:
    """counts bricks along the axes of a box; nodes and bricks are numbered along x first, then y, then z."""
    d = len(counts)
    sides = lengths / counts
    steps = np.cumprod([1, *(count + 1 for count in counts[:-1])])
    at = np.indices(counts[::-1]).reshape(d, -1)[::-1]  # (d, cells): x runs fastest
    corners = np.array([corner[::-1] for corner in product((0, 1), repeat=d)])  # (2^d, d): likewise
    samples = _GAUSS[corners]
    factors = np.where(corners, samples[:, None, :], 1 - samples[:, None, :])  # (quadrature, n, d)
    signs = np.where(corners, 1.0, -1.0) / sides
    slopes = np.stack([signs[:, a] * np.prod(np.delete(factors, a, axis=2), axis=2) for a in range(d)], axis=2)
    grid = np.indices([count + 1 for count in counts[::-1]]).reshape(d, -1)[::-1]
    return Sampled(
        points=grid.T * sides,
        cell_points=(steps @ at)[:, None] + corners @ steps,
        volumes=np.full(at.shape[1], np.prod(sides)),
        centers=(at.T + 0.5) * sides,
        weights=np.full(len(samples), 0.5**d),
        shapes=np.prod(factors, axis=2),
        slopes=slopes[:, None],
    )
