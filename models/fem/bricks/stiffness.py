"""The stiffness matrix: ∫ λ div u div v + 2μ ε(u) : ε(v) over cells that are the images of one reference cell.

With M[ia, jb] = ∫ ∂_a φ_i ∂_b φ_j, the one thing that differs from cell to cell, entry (ia, jb) of a cell's matrix is

    λ M[ia, jb] + μ M[ib, ja] + μ δ_ab Σ_c M[ic, jc],

so that the integral is a sum of outer products of all slopes at once, whose loops run over neighbours in memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import bsr_array
from skfem import Element
from skfem.quadrature import get_quadrature

from models.base import Array
from models.fem.bricks.pattern import Pattern
from models.fem.compiled import compiled_reordered


@dataclass(frozen=True, eq=False)
class Tables:
    """An element and the map of its cells, at the quadrature points of the reference cell."""

    slopes: Array  # (quadrature points, n, d): ∇φ_i of the element
    bends: Array  # (quadrature points, m, d): the same of the map
    weights: Array  # (quadrature points,)


def tables(element: Element, shape: Element) -> Tables:
    """`shape` is the element of the map. Degree p takes p + 1 Gauss points along each axis."""
    X, W = get_quadrature(element.refdom, 2 * element.maxdeg // element.refdom.dim() + 1)
    return Tables(_slopes(element, X), _slopes(shape, X), W)


def _slopes(element: Element, X: Array) -> Array:
    count = len(element.doflocs)
    made = [np.broadcast_to(element.lbasis(X, i)[1], X.shape) for i in range(count)]
    return np.ascontiguousarray(np.stack(made).transpose(2, 0, 1))


def stiffness(given: Tables, where: Pattern, corners: Array, nodes: Array, lame: Array, shear: Array) -> bsr_array:
    """corners (cells, m) of the map among nodes (nodes, d); λ and μ (cells,)."""
    d = nodes.shape[1]
    blocks = np.zeros((len(where.columns), d, d))
    corners, nodes = (
        np.ascontiguousarray(corners, np.int64),
        np.ascontiguousarray(nodes),
    )  # one loop to compile, not four
    lame, shear = np.ascontiguousarray(lame), np.ascontiguousarray(shear)
    add(blocks, where.places, corners, nodes, given.slopes, given.bends, given.weights, lame, shear)
    size = (len(where.starts) - 1) * d
    return bsr_array((blocks, where.columns, where.starts), shape=(size, size))


@compiled_reordered
def invert(matrix: Array, inverse: Array) -> float:
    """Of a matrix (2, 2) or (3, 3): its determinant."""
    a = matrix
    if len(a) == 2:
        determinant = a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
        inverse[0, 0], inverse[0, 1] = a[1, 1] / determinant, -a[0, 1] / determinant
        inverse[1, 0], inverse[1, 1] = -a[1, 0] / determinant, a[0, 0] / determinant
        return float(determinant)
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        for column in range(3):
            m, n = (column + 1) % 3, (column + 2) % 3
            inverse[column, i] = a[j, m] * a[k, n] - a[j, n] * a[k, m]
    determinant = a[0, 0] * inverse[0, 0] + a[0, 1] * inverse[1, 0] + a[0, 2] * inverse[2, 0]
    for i in range(3):
        for j in range(3):
            inverse[i, j] /= determinant
    return float(determinant)


@compiled_reordered
def add(
    blocks: Array,
    places: Array,
    corners: Array,
    nodes: Array,
    slopes: Array,
    bends: Array,
    weights: Array,
    lame: Array,
    shear: Array,
) -> None:
    count, d = slopes.shape[1:]
    size = count * d
    M = np.empty((size, size))
    slope = np.empty(size)
    jacobian, inverse = np.empty((d, d)), np.empty((d, d))
    for cell in range(len(corners)):
        M[:] = 0.0
        for q in range(len(weights)):
            jacobian[:] = 0.0
            for corner in range(corners.shape[1]):
                for a in range(d):
                    for b in range(d):
                        jacobian[a, b] += nodes[corners[cell, corner], a] * bends[q, corner, b]
            weight = weights[q] * abs(invert(jacobian, inverse))
            for i in range(count):
                for a in range(d):
                    found = 0.0
                    for b in range(d):
                        found += slopes[q, i, b] * inverse[b, a]
                    slope[i * d + a] = found
            for row in range(size):
                weighted = weight * slope[row]
                for column in range(size):
                    M[row, column] += weighted * slope[column]
        first, second = lame[cell], shear[cell]
        for i in range(count):
            for j in range(count):
                block = places[cell, i, j]
                trace = 0.0
                for a in range(d):
                    trace += M[i * d + a, j * d + a]
                for a in range(d):
                    for b in range(d):
                        value = first * M[i * d + a, j * d + b] + second * M[i * d + b, j * d + a]
                        blocks[block, a, b] += value
                    blocks[block, a, a] += second * trace
