"""The weak form of advection, diffusion and reaction: for all v that vanish where u is prescribed

    ∫ k ∇u·∇v + (b·∇u + c u) v  +  Σ_cells ∫ τ (b·∇u + c u − k Δu − f) b·∇v  +  ∫_H h u v
        =  ∫ f v + ∫_N q v + ∫_H h u_out v,

the sum over cells being the streamline-upwind Petrov-Galerkin (SUPG) term of Brooks & Hughes 1982, Comput. Methods
Appl. Mech. Eng. 32, 199-259: the residual of the strong equation, weighted along the flow, so that the exact u still
fits.
"""

from __future__ import annotations

from skfem.helpers import dd, dot, grad, trace

from models.fem.domain.weak_form import Field, bilinear, functional, linear


def carried(u: Field, w: Field) -> Field:
    """b·∇u"""
    return dot(w.b, grad(u))


def strong(u: Field, w: Field) -> Field:
    """b·∇u + c u − k Δu"""
    return carried(u, w) + w.c * u - w.k * trace(dd(u))


@bilinear
def diffusion(u: Field, v: Field, w: Field) -> Field:
    return w.k * dot(grad(u), grad(v)) + w.c * u * v


@bilinear
def galerkin(u: Field, v: Field, w: Field) -> Field:
    return w.k * dot(grad(u), grad(v)) + (carried(u, w) + w.c * u) * v


@bilinear
def transport(u: Field, v: Field, w: Field) -> Field:
    return w.k * dot(grad(u), grad(v)) + (carried(u, w) + w.c * u) * v + w.tau * strong(u, w) * carried(v, w)


@linear
def load(v: Field, w: Field) -> Field:
    return w.f * (v + w.tau * carried(v, w))


@bilinear
def exchange(u: Field, v: Field, w: Field) -> Field:
    return w.h * u * v


@linear
def surface_load(v: Field, w: Field) -> Field:
    return w.q * v


# The derivatives of −v·(A u − f) on each cell, v being the adjoint, or each shape function for the load of a tangent. A
# depends on k and c through τ, too; `rest` is the residual of the strong equation, `bend` is Δu.


@functional
def by_diffusivity(w: Field) -> Field:
    return _of_diffusivity(w.dual, w)


@functional
def by_reaction(w: Field) -> Field:
    return _of_reaction(w.dual, w)


@linear
def along_diffusivity(v: Field, w: Field) -> Field:
    return w.change * _of_diffusivity(v, w)


@linear
def along_reaction(v: Field, w: Field) -> Field:
    return w.change * _of_reaction(v, w)


def _of_diffusivity(v: Field, w: Field) -> Field:
    return -dot(grad(w.u), grad(v)) - (w.tau_k * w.rest - w.tau * w.bend) * carried(v, w)


def _of_reaction(v: Field, w: Field) -> Field:
    return -w.u * v - (w.tau_c * w.rest + w.tau * w.u) * carried(v, w)


@linear
def by_source(v: Field, w: Field) -> Field:
    return v * (w.dual + w.tau * carried(w.dual, w))
