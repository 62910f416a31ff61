"""The right-hand sides ∫ f·v + ∫_N t·v + ∫ β θ div v, component by component: v is one number here."""

from __future__ import annotations

from skfem.helpers import grad

from models.fem.domain.weak_form import Field, linear


@linear
def load(v: Field, w: Field) -> Field:
    return w.f * v


@linear
def expansion(v: Field, w: Field) -> Field:
    return w.pressure * grad(v)[int(w.axis)]
