"""Conductivities as unknowns: the logarithm of each patch's factor over a prior, and what is known of it beforehand.

k_c = prior_c · exp(L tanh(m_p / L)) on the cells c of patch p, which is prior_c · exp(m_p) where it is far from its
limits exp(±L): so k > 0, and no number overflows, wherever a search looks. m is Gaussian around 0 beforehand, and
½ m·Q m its negative logarithm of probability (Tarantola 2005, Inverse Problem Theory, section 3.2), where

    m·Q m = magnitude · mean of m² + roughness · Σ |e| / d_e (m_p − m_q)²

over the edges e between cells of patches p and q, d_e being the distance between the middles of these cells. The sum
has the form of ∫ |∇m|² by finite volumes (Eymard, Gallouët & Herbin 2000, Handbook of Numerical Analysis VII). It grows
with refinement where m jumps from cell to cell: what jumps is better described by patches. The search is over z, where
m = S z and m·Q m = z·z: see `whitening`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from models.base import Array
from models.fem.mesh import Triangulation
from models.fem.whitening import Whitening


@dataclass(frozen=True, eq=False)
class LogConductivity:
    prior: Array  # (cells,)
    patches: Array  # (cells,): of each cell, every number from 0 being used
    limit: float  # L
    whitening: Whitening

    def exponents(self, z: Array) -> Array:
        """(patches,): the logarithm of each patch's factor."""
        return np.asarray(self.limit * np.tanh(self.whitening.colour(z) / self.limit))

    def conductivity(self, exponents: Array) -> Array:
        """(cells,)"""
        return np.asarray(self.prior * np.exp(exponents[self.patches]))

    def push_forward(self, exponents: Array, direction: Array) -> Array:
        """(cells,): how the conductivities change along a direction of z (patches,)."""
        by_exponent = self._slope(exponents) * self.whitening.colour(direction)
        return np.asarray(self.conductivity(exponents) * by_exponent[self.patches])

    def pull_back(self, exponents: Array, gradient: Array) -> Array:
        """(patches,): the derivative by z, of that by the conductivities (cells,); the transpose of `push_forward`."""
        by_exponent = np.bincount(self.patches, weights=gradient * self.conductivity(exponents))
        return self.whitening.pull_back(self._slope(exponents) * by_exponent)

    def _slope(self, exponents: Array) -> Array:
        return np.asarray(1 - (exponents / self.limit) ** 2)


def precision(mesh: Triangulation, patches: Array, magnitude: float, roughness: float) -> csr_array:
    """Q, for the patch of each cell (cells,), every number from 0 being used."""
    count = int(patches.max()) + 1
    shares = np.bincount(patches, weights=mesh.areas) / mesh.areas.sum()
    inner = ~mesh.is_boundary
    middles = mesh.nodes[mesh.cells].mean(axis=1)
    pairs = mesh.edge_cells[inner]
    distances = np.hypot(*(middles[pairs[:, 0]] - middles[pairs[:, 1]]).T)
    weights = roughness * mesh.edge_lengths[inner] / distances
    one, other = patches[pairs].T
    rows = np.concatenate((one, other, one, other, np.arange(count)))
    columns = np.concatenate((one, other, other, one, np.arange(count)))
    values = np.concatenate((weights, weights, -weights, -weights, magnitude * shares))
    return csr_array((values, (rows, columns)), shape=(count, count))
