"""How much SUPG adds: τ at each quadrature point, and its derivatives.

With h the length of the cell along the flow, 2 |b| / Σ |b·∇N| over the shape functions N of its corners (Tezduyar &
Osawa 2000, Comput. Methods Appl. Mech. Eng. 190, 411-430), points h / p apart, and the Péclet number
Pe = |b| h / (2 k p),

    τ = h / (2 p |b|) · max(0, 1 − 1 / Pe),

which is the critical approximation of coth(Pe) − 1/Pe in Brooks & Hughes 1982, eq. 3.3.3 ff.: there is none where the
mesh is fine enough for the flow, and at least what a monotone scheme takes in one dimension where it is not.

The form stays coercive where τ k ‖Δv‖² ≤ ½ ‖∇v‖² on each cell, which for degree 2 limits τ, and where τ c ≤ ½
(Franca, Frey & Hughes 1992, Comput. Methods Appl. Mech. Eng. 95, 253-276, theorem 3.1). With F the inverse of the
derivative of a cell's map, ‖Δv‖² ≤ C |F|² ‖∇v‖²: on simplices C is the largest ratio ‖div w‖² / ‖w‖² of linear fields w
on the reference; on bricks ‖∂²v/∂x²‖² ≤ 12 / h_x² ‖∂v/∂x‖² along each of d axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skfem import Basis

from models.base import Array

INVERSE = {"triangle": 48.0, "quadrilateral": 24.0, "tetrahedron": 120.0, "hexahedron": 36.0}


@dataclass(frozen=True, eq=False)
class Stabilisation:
    """Arrays (cells, quadrature points)."""

    peclet: Array
    tau: Array
    by_diffusivity: Array
    by_reaction: Array

    @property
    def is_active(self) -> bool:
        return bool(self.tau.any())


def supg(basis: Basis, kind: str, degree: int, k: Array, b: Array, c: Array) -> Stabilisation:
    """k and c (cells, 1), b (d, cells, quadrature points)."""
    peclet, length, speed = flow_number(basis, degree, k, b)
    upwind = np.where(peclet > 1, length / (2 * degree * speed) - k / speed**2, 0.0)
    by_k = np.where(peclet > 1, -1 / speed**2, 0.0)
    by_c = np.zeros_like(upwind)
    if degree == 2:
        stretch = np.linalg.norm(np.moveaxis(basis.mapping.invDF(basis.X), (0, 1), (-2, -1)), ord=2, axis=(-2, -1))
        coercive = 1 / (2 * k * INVERSE[kind] * stretch**2)
        by_k = np.where(coercive < upwind, -coercive / k, by_k)
        upwind = np.minimum(upwind, coercive)
    damped = 1 / (2 * c)  # inf where there is no reaction
    by_k = np.where(damped < upwind, 0.0, by_k)
    by_c = np.where(damped < upwind, -damped / c, by_c)
    return Stabilisation(peclet, np.minimum(upwind, damped), by_k, by_c)


def none(basis: Basis, degree: int, k: Array, b: Array) -> Stabilisation:
    peclet, _, _ = flow_number(basis, degree, k, b)
    zero = np.zeros_like(peclet)
    return Stabilisation(peclet, zero, zero, zero)


def flow_number(basis: Basis, degree: int, k: Array, b: Array) -> tuple[Array, Array, Array]:
    """Pe, h and |b|; Pe and h are 0 where nothing flows."""
    corners = Basis(basis.mesh, basis.mesh.elem(), mapping=basis.mapping, quadrature=basis.quadrature)
    crossed = sum(np.abs(np.einsum("icq,icq->cq", b, shape[0].grad)) for shape in corners.basis)
    speed = np.sqrt(np.sum(b**2, axis=0))
    length = np.divide(2 * speed, crossed, out=np.zeros_like(speed), where=crossed > 0)
    return speed * length / (2 * degree * k), length, speed
