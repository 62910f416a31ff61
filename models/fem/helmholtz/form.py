"""The weak form of time-harmonic waves: for all v that vanish where u is prescribed

    ∫ c² ∇u·∇v − (ω² + iωη) u v  −  ∫_B iωcβ u v   =   ∫ f v + ∫_N q v.

It is symmetric and not Hermitian: no conjugates anywhere, so that the adjoint has the same matrix.
"""

from __future__ import annotations

from skfem.helpers import dot, grad

from models.fem.domain.weak_form import Field, complex_bilinear, complex_linear, functional


@complex_bilinear
def wave(u: Field, v: Field, w: Field) -> Field:
    return w.c**2 * dot(grad(u), grad(v)) - (w.omega**2 + 1j * w.omega * w.eta) * u * v


@complex_bilinear
def impedance(u: Field, v: Field, w: Field) -> Field:
    return -1j * w.omega * w.c * w.beta * u * v


@complex_linear
def load(v: Field, w: Field) -> Field:
    return w.f * v


# The derivatives of −λ·(A u − f) on each cell or facet, λ being the adjoint.


@functional
def by_speed(w: Field) -> Field:
    return -2 * w.c * dot(grad(w.u), grad(w.dual))


@functional
def by_speed_at_boundary(w: Field) -> Field:
    return 1j * w.omega * w.beta * w.u * w.dual


@functional
def by_damping(w: Field) -> Field:
    return 1j * w.omega * w.u * w.dual


@functional
def by_frequency(w: Field) -> Field:
    return (2 * w.omega + 1j * w.eta) * w.u * w.dual


@functional
def by_frequency_at_boundary(w: Field) -> Field:
    return 1j * w.c * w.beta * w.u * w.dual
