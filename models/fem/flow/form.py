"""The weak form of incompressible flow: find u, p such that for all v, q

    ∫ 2μ ε(u) : ε(v)  +  ρ (u·∇)u · v  −  p div v  −  q div u  =  ∫ f·v + ∫_N t·v,

with u = g on the rest of the boundary; ρ = 0 is Stokes' problem. The alternative μ ∇u : ∇v changes what t means: see
`task`.
"""

from __future__ import annotations

from collections.abc import Mapping

from skfem import BilinearForm, Functional, LinearForm
from skfem.helpers import ddot, div, dot, grad, mul, sym_grad

VISCOUS: Mapping[str, BilinearForm] = {
    "symmetric": BilinearForm(lambda u, v, w: 2 * w.mu * ddot(sym_grad(u), sym_grad(v))),
    "gradient": BilinearForm(lambda u, v, w: w.mu * ddot(grad(u), grad(v))),
}

# The derivative of the form with u and a dual v by the viscosity of each cell.
PER_VISCOSITY: Mapping[str, Functional] = {
    "symmetric": Functional(lambda w: 2 * ddot(sym_grad(w.u), sym_grad(w.dual))),
    "gradient": Functional(lambda w: ddot(grad(w.u), grad(w.dual))),
}

incompressibility = BilinearForm(lambda u, q, w: -q * div(u))

mass = BilinearForm(lambda u, v, w: w.rho * dot(u, v))

# Of u by the wind: (wind·∇)u.
convection = BilinearForm(lambda u, v, w: w.rho * dot(mul(grad(u), w.wind), v))

# Of (wind·∇)wind, by the wind in direction u.
convection_derivative = BilinearForm(lambda u, v, w: w.rho * dot(mul(grad(u), w.wind) + mul(grad(w.wind), u), v))

integral = LinearForm(lambda q, w: 1.0 * q)

outflow = Functional(lambda w: div(w.u))  # of each cell, by Gauss
