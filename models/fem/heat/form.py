"""The weak form of heat conduction: for all v that vanish where u is prescribed

∫ ρc ∂u/∂t v + ∫ k ∇u·∇v + ∫_H h u v  =  ∫ f v + ∫_N q v + ∫_H h u_out v.
"""

from __future__ import annotations

from skfem.helpers import dot, grad

from models.fem.domain.weak_form import Field, bilinear, functional, linear


@bilinear
def mass(u: Field, v: Field, w: Field) -> Field:
    return w.capacity * u * v


@bilinear
def diffusion(u: Field, v: Field, w: Field) -> Field:
    return w.k * dot(grad(u), grad(v))


@bilinear
def exchange(u: Field, v: Field, w: Field) -> Field:
    return w.h * u * v


@linear
def load(v: Field, w: Field) -> Field:
    return w.f * v


# The derivatives of −λ·(M ∂u/∂t + K u − f) on each cell, λ being the adjoint.


@functional
def by_conductivity(w: Field) -> Field:
    return -dot(grad(w.u), grad(w.dual))


@functional
def by_capacity(w: Field) -> Field:
    return -w.rate * w.dual
