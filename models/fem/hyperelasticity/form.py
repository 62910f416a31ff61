"""The compressible neo-Hookean material (Ciarlet 1988, section 4.10): with F = I + ∇u, J = det F, per reference volume

    ψ(F) = μ/2 (F:F − d) + λ/4 (J² − 1) − (λ/2 + μ) ln J
    P    = ∂ψ/∂F = μ (F − F⁻ᵀ) + λ/2 (J² − 1) F⁻ᵀ
    DP[H] = μ H + (μ − λ/2 (J² − 1)) F⁻ᵀ Hᵀ F⁻ᵀ + λ J² (F⁻ᵀ:H) F⁻ᵀ,

and the weak form ∫ P(F) : ∇v = ∫ f·v + ∫_N t·v. It is polyconvex, infinite at J = 0, and Hooke's law at small strain.
Plane strain is F_33 = 1, which leaves the formulas as they are.
"""

from __future__ import annotations

import numpy as np
from skfem import BilinearForm, LinearForm
from skfem.helpers import ddot, det, grad, identity, inv, mul, transpose

from models.base import Array


def deformation(slope: Array) -> Array:
    """F (d, d, cells, quadrature points), from ∇u likewise."""
    return np.asarray(slope + identity(slope))


def energy(F: Array, lame: Array, shear: Array) -> Array:
    """ψ; infinite where matter is turned inside out."""
    J = det(F)
    possible = J > 0
    logarithm = np.log(np.where(possible, J, 1.0))
    stored = shear / 2 * (ddot(F, F) - len(F)) + lame / 4 * (J**2 - 1) - (lame / 2 + shear) * logarithm
    return np.where(possible, stored, np.inf)


def stress(F: Array, lame: Array, shear: Array) -> Array:
    """P, the first Piola-Kirchhoff stress."""
    G = transpose(inv(F))
    return np.asarray(shear * (F - G) + lame / 2 * (det(F) ** 2 - 1) * G)


internal_force = LinearForm(lambda v, w: ddot(w.stress, grad(v)))

# DP[∇u] : ∇v with its factors beforehand, so that F⁻ᵀ is found once and not for each pair of shape functions.
tangent = BilinearForm(
    lambda u, v, w: (
        w.shear * ddot(grad(u), grad(v))
        + w.swapped * ddot(mul(mul(w.G, transpose(grad(u))), w.G), grad(v))
        + w.bulk * ddot(w.G, grad(u)) * ddot(w.G, grad(v))
    )
)
