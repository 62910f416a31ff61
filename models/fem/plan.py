"""What solving on a mesh again and again has in common: geometry, sparsity, and where each cell's share goes.

K is linear in the conductivities of the cells, K = Σ_c k_c K_c, so that its entries are one sparse product with k. The
same K_c are its derivatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array

from models.base import Array
from models.fem.assembly import gradient_products
from models.fem.direct_solvers import Analysis, analyse
from models.fem.element import Element
from models.fem.mesh import Triangulation
from models.fem.operator import Operator, operator
from models.fem.quadrature import quadrature


@dataclass(frozen=True, eq=False)
class Plan:
    """Made by `plan`. Points are fixed where u is given, and free elsewhere."""

    mesh: Triangulation
    element: Element
    cell_points: Array  # (cells, n)
    local: Array  # (cells, n, n): ∫ ∇φ_i·∇φ_j on each cell, k = 1
    free: Array  # (free,) points
    point_count: int
    spread: csr_array  # (entries, cells): conductivities to the entries of the free block of K
    rows: Array  # (entries,): of these entries, column by column
    starts: Array  # (free + 1,): of the columns
    analysis: Analysis | None  # of the free block; None where every point is fixed

    def matrix(self, conductivity: Array) -> csc_array:
        """(free, free): the stiffness between free points, conductivity (cells,)."""
        return csc_array((self.spread @ conductivity, self.rows, self.starts), shape=(len(self.free), len(self.free)))

    def operator(self, conductivity: Array) -> Operator:
        """conductivity (cells,) or (1,). Raises `SingularMatrix`."""
        return operator(self, conductivity)

    def apply(self, conductivity: Array, u: Array) -> Array:
        """(points,): K u, for u at all points."""
        from models.fem.cell_matrices import add_images  # brings Numba

        total = np.zeros(self.point_count)
        add_images(total, self.local, self.cell_points, conductivity, u)
        return total

    def conductivity_gradient(self, u: Array, v: Array) -> Array:
        """(cells,): the derivative of v·K u by each cell's conductivity, which is v·K_c u."""
        from models.fem.cell_matrices import products  # brings Numba

        found = np.empty(len(self.cell_points))
        products(found, self.local, self.cell_points, v, u)
        return found

    @property
    def size_bytes(self) -> int:
        arrays = (
            *(self.cell_points, self.local, self.free, self.rows, self.starts),
            *(self.spread.data, self.spread.indices, self.spread.indptr),
        )
        own = 0 if self.analysis is None else self.analysis.size_bytes
        return self.mesh.size_bytes + own + sum(array.nbytes for array in arrays)


def plan(mesh: Triangulation, element: Element, dirichlet_points: Array) -> Plan:
    cell_points = mesh.cell_points(element.degree)
    rule = quadrature(2 * element.degree - 2)
    local = gradient_products(mesh, np.ones(len(mesh.cells)), rule, element.derivatives(rule.points))

    point_count = int(cell_points.max()) + 1
    is_free = np.ones(point_count, dtype=bool)
    is_free[dirichlet_points] = False
    free = np.flatnonzero(is_free)
    numbers = np.cumsum(is_free) - 1
    spread, keys = _spread(local, is_free[cell_points], numbers[cell_points], len(free))
    columns, rows = np.divmod(keys, max(1, len(free)))
    starts = np.searchsorted(columns, np.arange(len(free) + 1))
    index = np.int32  # SuperLU's
    rows, starts = rows.astype(index), starts.astype(index)
    pattern = csc_array((np.ones(len(rows)), rows, starts), shape=(len(free), len(free)))
    analysis = analyse(pattern, mesh.points(element.degree)[free]) if len(free) else None
    return Plan(mesh, element, cell_points, local, free, point_count, spread, rows, starts, analysis)


def _spread(local: Array, is_free: Array, numbers: Array, free_count: int) -> tuple[csr_array, Array]:
    """The matrix from conductivities to entries, and the key column · free_count + row of each entry, ascending."""
    count, size = numbers.shape
    both = is_free[:, :, None] & is_free[:, None, :]
    keys = (numbers[:, None, :] * free_count + numbers[:, :, None])[both]
    cells = np.repeat(np.arange(count), size * size)[both.ravel()]
    entries, places = np.unique(keys, return_inverse=True)
    return csr_array((local[both], (places, cells)), shape=(len(entries), count)), entries
