"""The error in energy of a number's gradient, estimated by the recovered flux of Zienkiewicz & Zhu, on any cells.

Superconvergent patch recovery (Zienkiewicz & Zhu 1992, Int. J. Numer. Methods Eng. 33, 1331-1364 and 1365-1382): around
each node a polynomial of the element's degree is fitted by least squares to the flux k ∇u_h, sampled in the cells at
that node where it is most accurate. In a cell the recovered flux σ* blends the fits of its corners by their linear or
multilinear shape functions, and

    η² = ∫ k⁻¹ |σ* − k ∇u_h|²

estimates ‖k^½ ∇(u − u_h)‖², since σ* is the better approximation where u is smooth. It is no bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from scipy.sparse import csr_array
from skfem import Basis, Element
from skfem.quadrature import get_quadrature

from models.base import Array, BoundKind, ErrorBound
from models.fem.domain.elements import SIMPLICES, scalar_element

CONDITIONS = (
    "Of the norm of k^1/2 grad(u). Asymptotically right where the exact flux is smooth; may be below the error near "
    "corners and on coarse meshes; above it where k jumps between cells, since the recovered flux does not."
)
SOURCE = "Zienkiewicz & Zhu 1992, Int. J. Numer. Methods Eng. 33, 1331-1364 (superconvergent patch recovery)"

# A patch whose least determined polynomial is determined by less than this part of its best determined one cannot tell
# all slopes: it is fitted linearly, and what is not determined even so is 0. Corners of the domain have few cells.
RANK = 1e-6


def energy_estimate(basis: Basis, kind: str, degree: int, u: Array, k: Array) -> tuple[ErrorBound, Array]:
    """The estimate of ‖k^½ ∇(exact − u)‖ for u (points,) and k (cells, 1), and each cell's share of its square."""
    around = frame(basis, degree)
    samples, _ = get_quadrature(basis.mesh.refdom, sampling_order(kind, degree))
    sampled = Basis(basis.mesh, basis.elem, mapping=basis.mapping, quadrature=(samples, np.ones(samples.shape[1])))
    coefficients = fit(around, sampled, k * sampled.interpolate(u).grad)
    flux = k * basis.interpolate(u).grad
    gap = blend(around, basis, scalar_element(kind, 1), coefficients) - flux
    shares = np.sum(np.sum(gap**2, axis=0) / k * basis.dx, axis=1)
    norm = float(np.sqrt(np.sum(np.sum(flux**2, axis=0) / k * basis.dx)))
    value = float(np.sqrt(shares.sum()))
    estimate = ErrorBound(
        value=value,
        norm="energy",
        kind=BoundKind.ESTIMATED,
        relative=value / norm if norm > 0 else float("inf"),
        conditions=CONDITIONS,
        source=SOURCE,
    )
    return estimate, shares


def sampling_order(kind: str, degree: int) -> int:
    """Of the quadrature whose points are sampled: the middle; or 3, 4 or 2 × 2 (× 2) points for degree 2."""
    if degree == 1:
        return 1
    return 2 if kind in SIMPLICES else 3


@dataclass(frozen=True, eq=False)
class Frame:
    """Coordinates for each node about the mean of its cells, in which they are round and of size 1."""

    degree: int  # of the polynomials
    corners: Array  # (cells, corners)
    at_node: csr_array  # (nodes, cells · corners): sums over the corners that are a node
    centers: Array  # (nodes, d)
    spreads: Array  # (nodes, d)

    def monomials(self, places: Array) -> Array:
        """(cells · corners, monomials): at places (d, cells), in the frame of each of the cell's corners."""
        local = (places.T[:, None] - self.centers[self.corners]) / self.spreads[self.corners]
        return self._monomials(local.reshape(-1, len(places)))

    def at_nodes(self, nodes: Array, coefficients: Array) -> Array:
        """(nodes, k): each node's polynomial where it is: of the first nodes (nodes, d)."""
        count = len(nodes)
        monomials = self._monomials((nodes - self.centers[:count]) / self.spreads[:count])
        return np.asarray(np.einsum("nm,nmk->nk", monomials, coefficients[:count]))

    def _monomials(self, local: Array) -> Array:
        found = [np.ones(len(local)), *local.T]
        if self.degree == 2:
            found += [local[:, i] * local[:, j] for i, j in combinations_with_replacement(range(local.shape[1]), 2)]
        return np.stack(found, axis=1)

    def summed(self, matrices: Array) -> Array:
        """(nodes, m, n): the sums over the corners that are a node of matrices (cells · corners, m, n)."""
        total: Array = self.at_node @ matrices.reshape(len(matrices), -1)
        return total.reshape(-1, *matrices.shape[1:])


def frame(basis: Basis, degree: int) -> Frame:
    corners = basis.mesh.t.T
    places = basis.mesh.p.T[corners]
    centers = places.mean(axis=1)
    spreads = np.abs(places - centers[:, None]).mean(axis=1)  # by axis, for the sake of stretched cells
    at_node = csr_array(
        (np.ones(corners.size), (corners.ravel(), np.arange(corners.size))), shape=(basis.mesh.p.shape[1], corners.size)
    )
    count = at_node.sum(axis=1)[:, None]
    means = [at_node @ np.repeat(each, corners.shape[1], axis=0) / count for each in (centers, spreads)]
    return Frame(degree, corners, at_node, *means)


def fit(around: Frame, sampled: Basis, flux: Array) -> Array:
    """(nodes, monomials, k): the least-squares fit to the k components of a flux (k, cells, samples)."""
    d, corner_count = around.centers.shape[1], around.corners.shape[1]
    places = np.asarray(sampled.global_coordinates())
    normal, right = np.zeros(()), np.zeros(())
    for sample in range(flux.shape[2]):
        monomials = around.monomials(places[:, :, sample])
        values = np.repeat(flux[:, :, sample].T, corner_count, axis=0)
        normal = normal + monomials[:, :, None] * monomials[:, None, :]
        right = right + monomials[:, :, None] * values[:, None, :]
    normal, right = around.summed(normal), around.summed(right)
    determined = np.linalg.eigvalsh(normal)
    vague = determined[:, 0] < RANK * determined[:, -1]
    normal[vague, d + 1 :, :] = 0
    normal[vague, :, d + 1 :] = 0
    return np.asarray(np.linalg.pinv(normal, rcond=RANK, hermitian=True) @ right)


def blend(around: Frame, basis: Basis, linear: Element, coefficients: Array, is_trusted: Array | None = None) -> Array:
    """(k, cells, quadrature points): the polynomials of the corners, weighted by the corners' shape functions.

    Where a cell has corners is_trusted (nodes,), the others have no weight.
    """
    trust = np.ones(around.corners.shape) if is_trusted is None else is_trusted[around.corners].astype(float)
    trust[~trust.any(axis=1)] = 1.0
    weights = np.stack([linear.lbasis(basis.X, corner)[0] for corner in range(around.corners.shape[1])], axis=1)
    places = np.asarray(basis.global_coordinates())
    made = []
    for point, weight in enumerate(weights):
        values = np.einsum("im,imk->ik", around.monomials(places[:, :, point]), coefficients[around.corners.ravel()])
        shares = trust * weight
        shares /= shares.sum(axis=1)[:, None]
        made.append(np.einsum("ncd,nc->dn", values.reshape(*around.corners.shape, -1), shares))
    return np.stack(made, axis=2)
