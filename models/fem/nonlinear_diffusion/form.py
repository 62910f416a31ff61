"""The weak form ∫ k c ∇u·∇v = ∫ f v + ∫_N q v, and its derivative in direction w:

∫ k (c ∇w·∇v + 2 ∂c/∂|∇u|² (∇u·∇w)(∇u·∇v) + ∂c/∂u w ∇u·∇v).
"""

from __future__ import annotations

from skfem import BilinearForm, LinearForm
from skfem.helpers import dot, grad

flow = LinearForm(lambda v, w: w.kc * dot(w.slope, grad(v)))

tangent = BilinearForm(
    lambda u, v, w: (
        w.kc * dot(grad(u), grad(v)) + (w.steep * dot(w.slope, grad(u)) + w.value * u) * dot(w.slope, grad(v))
    )
)

load = LinearForm(lambda v, w: w.f * v)

mass = BilinearForm(lambda u, v, w: u * v)
