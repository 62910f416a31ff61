"""Taylor–Hood elements: continuous velocities of degree 2 and pressures of degree 1, P2/P1 or Q2/Q1.

Stable (Taylor & Hood 1973; Boffi 1997, and for hexahedra Stenberg 1990) of orders 3 in u and 2 in p. On tetrahedra
every cell needs a corner inside the domain or enough neighbours: a system that lacks them is singular, which is
refused.

An unknown vector x holds u, component by component of each point, and then p at the nodes, which are the first points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skfem import Basis, Mesh

from models.base import Array
from models.fem.domain.elements import SIMPLICES, cell_points, element_name, points, scalar_element, vector_element


@dataclass(frozen=True, eq=False)
class TaylorHood:
    """Made by `taylor_hood`."""

    velocity: Basis
    pressure: Basis
    component: Basis  # of the velocity

    @property
    def mesh(self) -> Mesh:
        return self.velocity.mesh

    @property
    def size(self) -> int:
        return int(self.velocity.N + self.pressure.N)

    @property
    def dimension(self) -> int:
        return int(self.mesh.dim())

    @property
    def points(self) -> Array:
        return points(self.component)

    @property
    def cells(self) -> Array:
        return cell_points(self.component)

    def split(self, x: Array) -> tuple[Array, Array]:
        """u (points, d) and p (nodes,), copies."""
        count = self.velocity.N
        return x[:count].reshape(-1, self.dimension).copy(), x[count:].copy()

    def at_quadrature(self, values: Array) -> Array:
        """(cells, quadrature points) of one value, or one per cell."""
        return np.broadcast_to(values[:, None], self.velocity.dx.shape)


def element_names(kind: str) -> str:
    """Of velocity and pressure, e.g. P2/P1."""
    return f"{element_name(kind, 2)}/{element_name(kind, 1)}"


def taylor_hood(mesh: Mesh, kind: str) -> TaylorHood:
    """On cells of this kind. On affine cells all integrals are exact but those of formulas."""
    # ρ (u·∇)u·v is of degree 2 + 1 + 2 on simplices, and of 2 + 2 + 2 in each direction of others.
    order = 5 if kind in SIMPLICES else 6
    velocity = Basis(mesh, vector_element(kind, 2), intorder=order)
    return TaylorHood(
        velocity,
        velocity.with_element(scalar_element(kind, 1)),
        velocity.with_element(scalar_element(kind, 2)),
    )
