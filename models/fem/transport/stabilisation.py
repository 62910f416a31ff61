"""How much SUPG adds: τ at each quadrature point, and its derivatives.

With h the length of the cell along the flow, 2 |b| / Σ |b·∇N| over the shape functions N of its corners (Tezduyar &
Osawa 2000, Comput. Methods Appl. Mech. Eng. 190, 411-430), points h / p apart, and the Péclet number
Pe = |b| h / (2 k p),

    τ = h / (2 p |b|) · max(0, 1 − 1 / Pe),

which is the critical approximation of coth(Pe) − 1/Pe in Brooks & Hughes 1982: there is none where the
mesh is fine enough for the flow, and at least what a monotone scheme takes in one dimension where it is not.

The form stays coercive where τ k ‖Δv‖² ≤ ½ ‖∇v‖² on each cell, which for degree 2 limits τ, and where τ c ≤ ½
(Franca, Frey & Hughes 1992, Comput. Methods Appl. Mech. Eng. 95, 253-276). With F the inverse of the
derivative of a cell's map, ‖Δv‖² ≤ C |F|² ‖∇v‖²: on simplices C is the largest ratio ‖div w‖² / ‖w‖² of linear fields w
on the reference; on bricks ‖∂²v/∂x²‖² ≤ 12 / h_x² ‖∂v/∂x‖² along each of d axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skfem import Basis

from models.base import Array
from models.fem.domain.elements import scalar_element

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
    peclet, length, speed = flow_number(basis, kind, degree, k, b)
    moving = np.where(peclet > 1, speed, np.inf)  # so that what does not flow adds nothing
    upwind = length / (2 * degree * moving) - k / moving**2
    by_k = -1 / moving**2
    if degree == 2:
        stretch = np.linalg.norm(np.moveaxis(basis.mapping.invDF(basis.X), (0, 1), (-2, -1)), ord=2, axis=(-2, -1))
        coercive = 1 / (2 * k * INVERSE[kind] * stretch**2)
        by_k = np.where(coercive < upwind, -coercive / k, by_k)
        upwind = np.minimum(upwind, coercive)
    damped = np.divide(1, 2 * c, out=np.full_like(c, np.inf), where=c > 0)
    by_k = np.where(damped < upwind, 0.0, by_k)
    by_c = np.where(damped < upwind, -2 * damped**2, 0.0)
    return Stabilisation(peclet, np.minimum(upwind, damped), by_k, by_c)


def none(basis: Basis, kind: str, degree: int, k: Array, b: Array) -> Stabilisation:
    peclet, _, _ = flow_number(basis, kind, degree, k, b)
    zero = np.zeros_like(peclet)
    return Stabilisation(peclet, zero, zero, zero)


def flow_number(basis: Basis, kind: str, degree: int, k: Array, b: Array) -> tuple[Array, Array, Array]:
    """Pe, h and |b|; Pe and h are 0 where nothing flows."""
    corners = Basis(basis.mesh, scalar_element(kind, 1), mapping=basis.mapping, quadrature=basis.quadrature)
    crossed = sum(np.abs(np.einsum("icq,icq->cq", b, shape[0].grad)) for shape in corners.basis)
    speed = np.sqrt(np.sum(b**2, axis=0))
    length = np.divide(2 * speed, crossed, out=np.zeros_like(speed), where=crossed > 0)
    return speed * length / (2 * degree * k), length, speed
