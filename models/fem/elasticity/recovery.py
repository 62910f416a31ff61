"""The error in energy, estimated by the recovered stress of Zienkiewicz & Zhu.

Superconvergent patch recovery (Zienkiewicz & Zhu 1992, Int. J. Numer. Methods Eng. 33, 1331-1364 and 1365-1382): around
each node a polynomial of the element's degree is fitted by least squares to the stress of u_h, sampled in the cells at
that node. In a cell the recovered stress σ* blends the fits of its corners by their barycentric coordinates, and

    η² = ∫ (σ* − σ_h) : C⁻¹ (σ* − σ_h)

estimates ‖C^½ ε(u − u_h)‖², since σ* is the better approximation where u is smooth. It is no bound.
"""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
from scipy.sparse import csr_array

from models.base import Array, BoundKind, ErrorBound
from models.fem.elasticity.field import stress
from models.fem.elasticity.problem import Problem
from models.fem.quadrature import Quadrature, quadrature

# What a patch's samples determine worse than this part of what they determine best is left at its least value: at a
# corner of the domain a single cell cannot tell all slopes.
RANK = 1e-6

CONDITIONS = (
    "Asymptotically right where the exact stress is smooth; may be below the error near corners, cracks and point loads, "
    "and on coarse meshes; above it where material or temperature jump between cells, since the recovered stress does not."
)
SOURCE = "Zienkiewicz & Zhu 1992, Int. J. Numer. Methods Eng. 33, 1331-1364 (superconvergent patch recovery)"


def energy_estimate(problem: Problem, u: Array, energy_norm: float) -> tuple[ErrorBound, Array]:
    """The estimate of ‖C^½ ε(exact − u)‖ for the solution u (points, d), and each cell's share of its square (cells,).

    energy_norm is ‖C^½ ε(u)‖.
    """
    mesh, d = problem.mesh, problem.mesh.nodes.shape[1]
    fits = _Fits(problem, u)
    shares = np.zeros(len(mesh.cells))
    rule = quadrature(4, d)
    for point, weight in zip(rule.points, rule.weights, strict=True):
        gap = fits.at(point) - stress(problem, u, point)
        shares += weight * problem.material.distance(gap)
    shares *= mesh.volumes
    value = float(np.sqrt(shares.sum()))
    estimate = ErrorBound(
        value=value,
        norm="energy",
        kind=BoundKind.ESTIMATED,
        relative=value / energy_norm if energy_norm > 0 else float("inf"),
        conditions=CONDITIONS,
        source=SOURCE,
    )
    return estimate, shares


class _Fits:
    """For each node a polynomial for each component of the stress, in coordinates about the mean of its samples."""

    def __init__(self, problem: Problem, u: Array) -> None:
        mesh = problem.mesh
        degree, d = problem.element.degree, mesh.nodes.shape[1]
        samples = quadrature(2 * degree - 2, d) if degree > 1 else _centroid(d)
        self._mesh = mesh
        self._degree = degree
        corners = mesh.nodes[mesh.cells]
        self._at_node = csr_array(
            (np.ones(mesh.cells.size), (mesh.cells.ravel(), np.arange(mesh.cells.size))),
            shape=(len(mesh.nodes), mesh.cells.size),
        )
        middles = corners.mean(axis=1)
        spreads = np.abs(corners - middles[:, None]).mean(axis=1)  # by axis, so that stretched cells are scaled to round
        count = self._at_node.sum(axis=1)[:, None]
        self._centers = self._at_node @ np.repeat(middles, d + 1, axis=0) / count
        self._spreads = self._at_node @ np.repeat(spreads, d + 1, axis=0) / count
        normal, right = 0.0, 0.0
        for point in samples.points:
            basis = self._basis(point)
            sampled = np.repeat(stress(problem, u, point).reshape(len(corners), -1), d + 1, axis=0)
            normal = normal + basis[:, :, None] * basis[:, None, :]
            right = right + basis[:, :, None] * sampled[:, None, :]
        size = basis.shape[1]
        normal = (self._at_node @ normal.reshape(len(basis), -1)).reshape(-1, size, size)
        right = (self._at_node @ right.reshape(len(basis), -1)).reshape(-1, size, d * d)
        eigenvalues = np.linalg.eigvalsh(normal)
        vague = eigenvalues[:, 0] < RANK * eigenvalues[:, -1]
        normal[vague, d + 1 :, :] = 0
        normal[vague, :, d + 1 :] = 0
        self._coefficients = np.linalg.pinv(normal, rcond=RANK, hermitian=True) @ right

    def at(self, point: Array) -> Array:
        """(cells, d, d): the blend at barycentric coordinates point (d + 1,)."""
        cells = self._mesh.cells
        d = len(point) - 1
        values = np.einsum("im,imk->ik", self._basis(point), self._coefficients[cells.ravel()])
        return np.asarray(np.tensordot(values.reshape(len(cells), d + 1, d * d), point, axes=(1, 0)).reshape(-1, d, d))

    def _basis(self, point: Array) -> Array:
        """(cells · (d + 1), monomials): at this point of each cell, for the fit of each of its corners."""
        mesh = self._mesh
        x = np.tensordot(mesh.nodes[mesh.cells], point, axes=(1, 0))
        local = (x[:, None] - self._centers[mesh.cells]) / self._spreads[mesh.cells]
        local = local.reshape(-1, local.shape[2])
        monomials = [np.ones(len(local)), *local.T]
        if self._degree == 2:
            monomials += [local[:, i] * local[:, j] for i, j in combinations_with_replacement(range(local.shape[1]), 2)]
        return np.stack(monomials, axis=1)


def _centroid(dimension: int) -> Quadrature:
    return Quadrature(1, np.full((1, dimension + 1), 1 / (dimension + 1)), np.ones(1))
