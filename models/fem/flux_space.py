"""Fluxes with continuous normal component: lowest Raviart-Thomas shapes, curls of bubbles, and the bubble of a source.

Every field here is Σ w_a(λ) curl λ_a on a cell, with curl φ = (∂φ/∂y, −∂φ/∂x); x − x_a is 2|T| times the lowest-order
shape of the edge opposite a. On the edge from corner i to j the shapes are

    degree 1: λ_i curl λ_j − λ_j curl λ_i   (net flux 1 through that edge, to the right of it)
              curl (λ_i λ_j)
    degree 2: and curl (λ_i λ_j (λ_i − λ_j)); in the cell curl (λ_0 λ_1 λ_2)

which span the fields of RT_degree whose divergence is constant on each cell. The curls have no divergence and, as
their bubbles vanish at nodes, no net flux through any edge. Edges run from low to high node. See Boffi, Brezzi &
Fortin 2013, chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.base import Array
from models.fem.mesh import Triangulation

_EDGES = ((0, 1), (1, 2), (2, 0))


@dataclass(frozen=True, eq=False)
class FluxSpace:
    """The space of `degree` 1 or 2 on a mesh. Degrees of freedom: the net flux of each edge, then the bubbles."""

    mesh: Triangulation
    degree: int

    @property
    def size(self) -> int:
        edges, cells = len(self.mesh.edges), len(self.mesh.cells)
        return 2 * edges if self.degree == 1 else 3 * edges + cells

    @cached_property
    def cell_dofs(self) -> Array:
        """(cells, 6) or (cells, 10)."""
        edges, count = self.mesh.cell_edges, len(self.mesh.edges)
        if self.degree == 1:
            return np.hstack((edges, count + edges))
        inner = 3 * count + np.arange(len(self.mesh.cells))
        return np.column_stack((edges, count + edges, 2 * count + edges, inner))

    @cached_property
    def cell_signs(self) -> Array:
        """(cells, 6) or (cells, 10): of each shape in its global direction."""
        turned, same = self.mesh.cell_signs, np.ones_like(self.mesh.cell_signs)
        return np.hstack((turned, same) if self.degree == 1 else (turned, same, turned, same[:, :1]))

    def shapes(self, point: Array) -> Array:
        """(6, 3) or (10, 3): the weights w_a of the shapes at one barycentric point (3,)."""
        return shapes(self.degree, point)


def shapes(degree: int, point: Array) -> Array:
    """(6, 3) or (10, 3): the weights w_a of the shapes of a degree at one barycentric point (3,)."""
    a, b, c = point
    lowest, even, odd = np.zeros((3, 3, 3))
    for row, (i, j) in enumerate(_EDGES):
        at_i, at_j = point[i], point[j]
        lowest[row, [i, j]] = -at_j, at_i
        even[row, [i, j]] = at_j, at_i
        odd[row, [i, j]] = at_j * (2 * at_i - at_j), at_i * (at_i - 2 * at_j)
    inner = [[b * c, c * a, a * b]]
    return np.vstack((lowest, even) if degree == 1 else (lowest, even, odd, inner))


@dataclass(frozen=True, eq=False)
class SourceBubble:
    """A field without normal component on any edge, whose divergence is g minus its mean on each cell.

    For g = Σ l_a λ_a + Σ G_ab λ_a λ_b it is Σ λ_a (G λ / 4 + L / 3)_a (x − x_a) with L_a = l_a + (Σ_b G_ab + G_aa) / 4,
    because div(λ_a (x − x_a)) = 3 λ_a − 1 and div(λ_a λ_b (x − x_a)) = 4 λ_a λ_b − λ_b − δ_ab λ_a.
    """

    mesh: Triangulation
    linear: Array  # L (cells, 3)
    quadratic: Array | None  # G (cells, 3, 3), symmetric

    def weights(self, point: Array) -> Array:
        """(cells, 3): the weights w_a at one barycentric point (3,)."""
        along = self.linear / 3
        if self.quadratic is not None:
            along = along + self.quadratic @ point / 4
        along = along * point * (2 * self.mesh.areas[:, None])  # of the shape of the edge opposite each corner
        ahead, behind = np.roll(along, -1, axis=1), np.roll(along, 1, axis=1)
        return np.asarray(ahead * np.roll(point, 1) - behind * np.roll(point, -1))


def source_bubble(mesh: Triangulation, values: Array) -> SourceBubble:
    """For g with the given values at the points of each cell: (cells, 3) linear, (cells, 6) quadratic."""
    corners = values[:, :3]
    if values.shape[1] == 3:
        return SourceBubble(mesh, corners, None)
    quadratic = np.empty((len(values), 3, 3))
    for row, (i, j) in enumerate(_EDGES):
        quadratic[:, i, i] = corners[:, i]
        quadratic[:, i, j] = quadratic[:, j, i] = 2 * values[:, 3 + row] - (corners[:, i] + corners[:, j]) / 2
    linear = (quadratic.sum(axis=2) + np.einsum("caa->ca", quadratic)) / 4
    return SourceBubble(mesh, linear, quadratic)
