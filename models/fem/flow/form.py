"""The weak form of incompressible flow: find u, p such that for all v, q

    ∫ 2μ ε(u) : ε(v)  +  ρ (u·∇)u · v  −  p div v  −  q div u  =  ∫ f·v + ∫_N t·v,

with u = g on the rest of the boundary; ρ = 0 is Stokes' problem. The alternative μ ∇u : ∇v changes what t means: see
`task`.
"""

from __future__ import annotations

from collections.abc import Mapping

from skfem import BilinearForm, Functional, LinearForm
from skfem.helpers import ddot, div, dot, grad, mul, sym_grad

# ε(u) : ε(v) = ε(u) : ∇v, which costs half as much.
VISCOUS: Mapping[str, BilinearForm] = {
    "symmetric": BilinearForm(lambda u, v, w: 2 * w.mu * ddot(sym_grad(u), grad(v))),
    "gradient": BilinearForm(lambda u, v, w: w.mu * ddot(grad(u), grad(v))),
}

# The derivative of the form with u and a dual v by the viscosity of each cell.
PER_VISCOSITY: Mapping[str, Functional] = {
    "symmetric": Functional(lambda w: 2 * ddot(sym_grad(w.u), grad(w.dual))),
    "gradient": Functional(lambda w: ddot(grad(w.u), grad(w.dual))),
}

incompressibility = BilinearForm(lambda u, q, w: -q * div(u))

self_convection = LinearForm(lambda v, w: dot(mul(grad(w.wind), w.wind), v))

# Of one component: see `inertia`, which puts u·v, (wind·∇)u·v and (u·∇)wind·v together from them.
product = BilinearForm(lambda u, v, w: u * v)
transport = BilinearForm(lambda u, v, w: dot(w.wind, grad(u)) * v)
stretching = BilinearForm(lambda u, v, w: w.slope * u * v)

integral = LinearForm(lambda q, w: 1.0 * q)

outflow = Functional(lambda w: div(w.u))  # of each cell, by Gauss
