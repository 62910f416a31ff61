"""Polynomials fitted to the stress around each node: superconvergent patch recovery.

Zienkiewicz & Zhu 1992, Int. J. Numer. Methods Eng. 33, 1331-1364. The patch of a node are the cells at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from scipy.sparse import csr_array

from models.base import Array
from models.fem.elasticity.field import stress
from models.fem.elasticity.problem import Problem
from models.fem.quadrature import quadrature
from models.fem.simplicial import Simplicial

# A patch whose least determined polynomial is determined by less than this part of its best determined one cannot tell
# all slopes: it is fitted linearly, and what is not determined even so is 0. Corners of the domain have few cells.
RANK = 1e-6


@dataclass(frozen=True, eq=False)
class _Frame:
    """Coordinates for each node about the mean of its cells, in which they are round and of size 1."""

    mesh: Simplicial
    degree: int  # of the polynomials
    at_node: csr_array  # (nodes, cells · (d + 1)): sums over the corners that are a node
    centers: Array  # (nodes, d)
    spreads: Array  # (nodes, d)

    def monomials(self, point: Array) -> Array:
        """(cells · (d + 1), monomials): at this barycentric point of each cell, in the frame of each of its corners."""
        cells = self.mesh.cells
        x = np.tensordot(self.mesh.nodes[cells], point, axes=(1, 0))
        local = ((x[:, None] - self.centers[cells]) / self.spreads[cells]).reshape(-1, x.shape[1])
        found = [np.ones(len(local)), *local.T]
        if self.degree == 2:
            found += [local[:, i] * local[:, j] for i, j in combinations_with_replacement(range(local.shape[1]), 2)]
        return np.stack(found, axis=1)


@dataclass(frozen=True, eq=False)
class Patches:
    """A polynomial for each node and component of the stress."""

    frame: _Frame
    coefficients: Array  # (nodes, monomials, d · d)

    def stress(self, point: Array) -> Array:
        """(cells, d, d): at barycentric coordinates point (d + 1,) the polynomials of the corners, blended by these."""
        cells, d = self.frame.mesh.cells, len(point) - 1
        values = np.einsum("im,imk->ik", self.frame.monomials(point), self.coefficients[cells.ravel()])
        return np.asarray(point @ values.reshape(len(cells), d + 1, d * d)).reshape(-1, d, d)


def fit(problem: Problem, u: Array) -> Patches:
    """The least-squares fit to the stress of u (points, d), sampled at the points of a quadrature in each cell."""
    mesh = problem.mesh
    degree, d = problem.element.degree, mesh.nodes.shape[1]
    frame = _frame(mesh, degree)
    centroid = np.full((1, d + 1), 1 / (d + 1))
    normal, right = np.zeros(()), np.zeros(())
    for point in centroid if degree == 1 else quadrature(2, d).points:
        basis = frame.monomials(point)
        sampled = np.repeat(stress(problem, u, point).reshape(len(mesh.cells), -1), d + 1, axis=0)
        normal = normal + basis[:, :, None] * basis[:, None, :]
        right = right + basis[:, :, None] * sampled[:, None, :]
    normal, right = _summed(frame, normal), _summed(frame, right)
    determined = np.linalg.eigvalsh(normal)
    vague = determined[:, 0] < RANK * determined[:, -1]
    normal[vague, d + 1 :, :] = 0
    normal[vague, :, d + 1 :] = 0
    return Patches(frame, np.linalg.pinv(normal, rcond=RANK, hermitian=True) @ right)


def _frame(mesh: Simplicial, degree: int) -> _Frame:
    corners = mesh.nodes[mesh.cells]
    centers = corners.mean(axis=1)
    spreads = np.abs(corners - centers[:, None]).mean(axis=1)  # by axis, for the sake of stretched cells
    at_node = csr_array(
        (np.ones(mesh.cells.size), (mesh.cells.ravel(), np.arange(mesh.cells.size))),
        shape=(len(mesh.nodes), mesh.cells.size),
    )
    count = at_node.sum(axis=1)[:, None]
    means = [at_node @ np.repeat(each, mesh.cells.shape[1], axis=0) / count for each in (centers, spreads)]
    return _Frame(mesh, degree, at_node, *means)


def _summed(frame: _Frame, matrices: Array) -> Array:
    """(nodes, m, n): the sums over the corners that are a node of matrices (cells · (d + 1), m, n)."""
    total: Array = frame.at_node @ matrices.reshape(len(matrices), -1)
    return total.reshape(-1, *matrices.shape[1:])
