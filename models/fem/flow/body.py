"""The force of the fluid on a part of its boundary, by the consistent method: the residual of the weak form.

For the v that is e_i on the part and 0 at all other points, ∫ σ n·v = a(u, v) + ρ c(u, u, v) − (p, div v) − (f, v) by
partial integration; the integral over the volume is of up to twice the order of the boundary integral of a discrete
stress, and is what balances the discrete equations (John & Matthies 2001, Int. J. Numer. Meth. Fluids 37, 885-903;
Gresho et al. 1987). n points out of the fluid, so that the fluid's force on the body is its negative. Where the part
ends at another boundary, v reaches one edge beyond it: a part that is closed, like a cylinder, has no such end.
"""

from __future__ import annotations

import numpy as np

from models.base import Array
from models.fem.domain.posed import named_facets
from models.fem.flow.space import TaylorHood


def body_functions(space: TaylorHood, boundary: str) -> Array:
    """(n, d): in column i the v that is e_i on the named boundary. Raises `Refusal` UNKNOWN_BOUNDARY."""
    facets = named_facets(space.mesh, boundary, "body")
    tested = np.zeros((space.size, space.dimension))
    dofs = space.velocity.get_dofs(facets)
    for axis in range(space.dimension):
        tested[dofs.all([f"u^{axis + 1}"]), axis] = 1.0
    return tested
