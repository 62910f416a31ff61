"""The weak forms of eigenproblems: find λ and x so that for all v that vanish where the boundary is held

membrane:  ∫ k ∇x·∇v                     =  λ ∫ ρ x v
body:      ∫ λ_E div x div v + 2μ ε(x):ε(v)  =  λ ∫ ρ x·v
buckling:  the same                       =  −λ ∫ σ : (∇xᵀ ∇v),    σ the stress under the load.
"""

from __future__ import annotations

import numpy as np
from skfem.helpers import ddot, div, dot, grad, sym_grad

from models.fem.domain.weak_form import Field, bilinear, functional, linear


@bilinear
def tension(u: Field, v: Field, w: Field) -> Field:
    return w.k * dot(grad(u), grad(v))


@bilinear
def mass(u: Field, v: Field, w: Field) -> Field:
    return w.density * u * v


@bilinear
def elastic(u: Field, v: Field, w: Field) -> Field:
    return w.lame * div(u) * div(v) + 2 * w.shear * ddot(sym_grad(u), sym_grad(v))


@bilinear
def geometric(u: Field, v: Field, w: Field) -> Field:
    return np.einsum("ij...,i...,j...", w.stress, grad(u), grad(v))


@linear
def load(v: Field, w: Field) -> Field:
    return dot(w.f, v)


# What each cell adds to x·K x by a unit of its coefficient, and to x·M x.


@functional
def by_tension(w: Field) -> Field:
    return dot(grad(w.x), grad(w.x))


@functional
def by_density(w: Field) -> Field:
    return w.x * w.x


@functional
def by_vector_density(w: Field) -> Field:
    return dot(w.x, w.x)


@functional
def work(w: Field) -> Field:
    """Of the stress of u along the strain of x."""
    return w.lame * div(w.u) * div(w.x) + 2 * w.shear * ddot(sym_grad(w.u), sym_grad(w.x))


# How the stress of a displacement v works on the quadratic part x of the strain, ½ ∇xᵀ∇x: twice that.


def stress(u: Field, w: Field) -> Field:
    strain = sym_grad(u)
    return w.lame * div(u) * np.eye(len(strain))[:, :, None, None] + 2 * w.shear * strain


@linear
def lateral_load(v: Field, w: Field) -> Field:
    return np.einsum("ij...,ki...,kj...", stress(v, w), grad(w.x), grad(w.x))


@functional
def lateral_work(w: Field) -> Field:
    return np.einsum("ij...,ki...,kj...", stress(w.u, w), grad(w.x), grad(w.x))
