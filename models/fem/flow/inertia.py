"""Mass and convection as matrices of the velocity unknowns, built from scalar forms of one component.

(wind·∇)u acts on each component alone, and (u·∇)wind takes component j into i by ∂_j wind_i; so d² scalar forms do,
whose local matrices are d² times smaller. The derivative on 6³ Q2 hexahedra takes 0.41 s of CPU, as a vector form
1.27; in the plane both take the same.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, identity, kron

from models.base import Array
from models.fem.flow.form import product, stretching, transport
from models.fem.flow.space import TaylorHood


def mass(space: TaylorHood) -> csr_matrix:
    """∫ u·v"""
    return _each(product.assemble(space.component), space)


def convection(space: TaylorHood, wind: Array) -> csr_matrix:
    """∫ (wind·∇)u · v for wind (velocity unknowns,)."""
    return _each(transport.assemble(space.component, wind=space.velocity.interpolate(wind)), space)


def convection_derivative(space: TaylorHood, wind: Array) -> csr_matrix:
    """∫ ((wind·∇)u + (u·∇)wind) · v"""
    total = convection(space, wind)
    slopes = np.asarray(space.velocity.interpolate(wind).grad)
    for i in range(space.dimension):
        for j in range(space.dimension):
            into = csr_matrix(([1.0], ([i], [j])), shape=(space.dimension, space.dimension))
            total = total + kron(stretching.assemble(space.component, slope=slopes[i, j]), into, format="csr")
    return total


def _each(matrix: csr_matrix, space: TaylorHood) -> csr_matrix:
    """The same for every component: unknown d·i + a is component a of point i."""
    return kron(matrix, identity(space.dimension), format="csr")
